/// A running average of a model's parameters, usually better than the last ones.
///
/// average ← d · average + (1 − d) · parameters with d = min(decay, (1 + n) / (10 + n)) in the n-th update, so that the
/// beginning is forgotten; buffers are copied.
public struct ExponentialMovingAverage<M: Layer>: Sendable {
    public let decay: Float
    /// The averaged model.
    public private(set) var model: M
    /// Updates made so far.
    public private(set) var updates = 0

    public init(of model: M, decay: Float) {
        (self.model, self.decay) = (model, decay)
    }

    public mutating func update(with current: M) {
        updates += 1
        let d = min(decay, (1 + Float(updates)) / (10 + Float(updates)))
        var blender = Blender(current: current.namedParameters().map(\.1), weight: 1 - d)
        model.visit(with: &blender)
    }

    private struct Blender: ParameterVisitor {
        var path = ""
        let current: [Tensor]
        let weight: Float
        var next = 0

        mutating func visit(_ name: String, _ parameter: inout Tensor) {
            parameter = parameter + weight * (current[next] - parameter)
            next += 1
        }

        mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {
            buffer = current[next]
            next += 1
        }
    }
}

extension ExponentialMovingAverage {
    /// What a checkpoint must hold, under `prefix`.
    public func state(prefix: String) -> [(String, Tensor)] { model.namedParameters().map { (prefix + $0.0, $0.1) } }

    /// Takes back what `state(prefix:)` gave, and the number of updates it was taken after.
    public mutating func restore(from file: SafeTensorsFile, prefix: String, updates: Int) throws {
        try model.load(from: file, prefix: prefix)
        self.updates = updates
    }
}
