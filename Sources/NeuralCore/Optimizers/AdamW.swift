import CKernels
import Foundation

/// Adam with decoupled weight decay (Kingma and Ba, 2015, algorithm 1; Loshchilov and Hutter, 2019, algorithm 2).
///
/// With a weight decay of 0 it is plain Adam. Tensors of fewer than two axes are not decayed.
public struct AdamW<M: Layer>: Optimizer {
    public var beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float
    /// Used where an update names no other.
    public var learningRate: Float
    /// Updates made so far.
    public private(set) var step = 0
    private var moments: [Moments]

    private struct Moments: Sendable {
        var name: String, first: Tensor, second: Tensor
        /// Moved by another optimiser.
        var isSkipped = false

        mutating func advance(_ parameter: inout Tensor, along gradient: Tensor, _ settings: ck_adam_settings) {
            let count = parameter.count
            parameter.withUnsafeMutableBuffer { values in
                first.withUnsafeMutableBuffer { first in
                    second.withUnsafeMutableBuffer { second in
                        let (values, first, second) = (
                            SharedPointer(values.baseAddress!), SharedPointer(first.baseAddress!),
                            SharedPointer(second.baseAddress!))
                        parallelBlocks(count, size: parallelBlockSize) { range in
                            let start = range.lowerBound
                            ck_adam_step(
                                values + start, gradient.pointer + start, first + start, second + start, range.count,
                                settings)
                        }
                    }
                }
            }
        }
    }

    public init(
        for model: M, learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
        weightDecay: Float = 0
    ) {
        self.init(
            for: model, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
            skipping: [])
    }

    /// - Parameter skipping: true in the place of each parameter that another optimiser moves; empty for none.
    init(
        for model: M, learningRate: Float, beta1: Float, beta2: Float, epsilon: Float = 1e-8, weightDecay: Float,
        skipping: [Bool]
    ) {
        (self.learningRate, self.beta1, self.beta2) = (learningRate, beta1, beta2)
        (self.epsilon, self.weightDecay) = (epsilon, weightDecay)
        moments = model.trainableParameters().enumerated().map { index, parameter in
            let isSkipped = !skipping.isEmpty && skipping[index], shape = isSkipped ? [0] : parameter.1.shape
            return Moments(name: parameter.0, first: .zeros(shape), second: .zeros(shape), isSkipped: isSkipped)
        }
    }

    public mutating func update(_ model: inout M, along gradient: Gradients, learningRate: Float? = nil) {
        precondition(gradient.names == moments.map(\.name), "the gradient belongs to another model")
        step += 1
        let rate = Double(learningRate ?? self.learningRate), count = Double(step)
        var stepper = Stepper(
            gradients: gradient.tensors, moments: moments,
            settings: ck_adam_settings(
                beta1: beta1, beta2: beta2, epsilon: epsilon,
                step_size: Float(rate / (1 - pow(Double(beta1), count))),
                second_scale: Float(1 / (1 - pow(Double(beta2), count))), decay: 0),
            decay: Float(rate) * weightDecay)
        moments = []
        model.visit(with: &stepper)
        moments = stepper.moments
    }

    private struct Stepper: ParameterVisitor {
        var path = ""
        let gradients: [Tensor]
        var moments: [Moments]
        var settings: ck_adam_settings
        let decay: Float
        var next = 0

        mutating func visit(_ name: String, _ parameter: inout Tensor) {
            settings.decay = parameter.rank > 1 ? decay : 0
            let gradient = gradients[next]
            precondition(gradient.shape == parameter.shape, "the gradient belongs to another model")
            if !moments[next].isSkipped { moments[next].advance(&parameter, along: gradient, settings) }
            next += 1
        }

        mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
    }
}

extension AdamW {
    /// Both moments of every parameter.
    public func state(prefix: String) -> [(String, Tensor)] {
        moments.filter { !$0.isSkipped }.flatMap { [(prefix + "first." + $0.name, $0.first), (prefix + "second." + $0.name, $0.second)] }
    }

    public mutating func restore(from file: SafeTensorsFile, prefix: String, step: Int) throws {
        self.step = step
        for index in moments.indices where !moments[index].isSkipped {
            let name = moments[index].name, shape = moments[index].first.shape
            moments[index].first = try file.tensor(prefix + "first." + name, shape: shape)
            moments[index].second = try file.tensor(prefix + "second." + name, shape: shape)
        }
    }
}
