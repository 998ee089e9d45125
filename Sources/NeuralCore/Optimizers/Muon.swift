import Foundation

/// AdamW whose matrices move along orthogonal steps: the momentum of each is replaced by its nearest semi-orthogonal
/// matrix, so that all directions are learned at the same pace.
///
/// K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; steps have the size of Adam's
/// (0.2 √max(rows, columns), J. Liu et al., "Muon is scalable for LLM training", 2025, section 2.2), so that AdamW's learning
/// rate and weight decay serve. Tensors of three axes and more are matrices of their first axis by the others. Vectors,
/// tensors with an axis of one and those that are named as exceptions are left to AdamW.
public struct Muon<M: Layer>: Optimizer {
    static var momentumDecay: Float { 0.95 }

    private var elementwise: AdamW<M>
    /// By place among the parameters; nil where AdamW works.
    private var momenta: [(name: String, value: Tensor)?]
    private let weightDecay: Float

    /// - Parameter exceptions: parts of names of parameters that AdamW moves, as embeddings and last layers should be.
    public init(
        for model: M, learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999, weightDecay: Float = 0,
        exceptions: [String] = []
    ) {
        self.weightDecay = weightDecay
        momenta = model.trainableParameters().map { name, parameter in
            let isMatrix = parameter.rank > 1 && parameter.shape[0] > 1 && parameter.count > parameter.shape[0]
            return isMatrix && !exceptions.contains(where: name.contains) ? (name, .zeros(parameter.shape)) : nil
        }
        elementwise = AdamW(
            for: model, learningRate: learningRate, beta1: beta1, beta2: beta2, weightDecay: weightDecay,
            skipping: momenta.map { $0 != nil })
    }

    /// Updates made so far.
    public var step: Int { elementwise.step }

    public mutating func update(_ model: inout M, along gradient: Gradients, learningRate: Float? = nil) {
        let rate = learningRate ?? elementwise.learningRate
        elementwise.update(&model, along: gradient, learningRate: rate)
        var steps: [Tensor?] = []
        for index in momenta.indices {
            guard let momentum = momenta[index]?.value else { steps.append(nil); continue }
            let g = gradient.tensors[index], decay = Self.momentumDecay
            let next = momentum * decay + g * (1 - decay)
            momenta[index]!.value = next
            steps.append(Self.orthogonalized(g * (1 - decay) + next * decay))
        }
        var mover = Mover(steps: steps, rate: rate, decay: weightDecay)
        model.visit(with: &mover)
    }

    /// The nearest semi-orthogonal matrix, roughly (singular values from 0.7 to 1.2), times 0.2 √max(rows, columns): five
    /// Newton-Schulz steps `X ← 3.4445 X − 4.775 XXᵀX + 2.0315 XXᵀXXᵀX`.
    static func orthogonalized(_ matrix: Tensor) -> Tensor {
        let rows = matrix.shape[0], columns = matrix.count / rows
        var x = matrix.reshaped([rows, columns])
        if rows > columns { x = x.transposed([1, 0]) }
        x = x / (sqrt(square(x).sum()) + 1e-7)
        for _ in 0..<5 {
            let a = matmul(x, x, transposeB: true)
            x = x * 3.4445 + matmul(a * -4.775 + matmul(a, a) * 2.0315, x)
        }
        if rows > columns { x = x.transposed([1, 0]) }
        return (x * (0.2 * Float(max(rows, columns)).squareRoot())).reshaped(matrix.shape)
    }

    private struct Mover: ParameterVisitor {
        var path = ""
        let steps: [Tensor?]
        let rate: Float, decay: Float
        var next = 0

        mutating func visit(_ name: String, _ parameter: inout Tensor) {
            if let step = steps[next] { parameter = parameter * (1 - rate * decay) - step * rate }
            next += 1
        }

        mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
    }
}

extension Muon {
    /// Momenta, and AdamW's moments.
    public func state(prefix: String) -> [(String, Tensor)] {
        elementwise.state(prefix: prefix) + momenta.compactMap { $0.map { (prefix + "momentum." + $0.name, $0.value) } }
    }

    public mutating func restore(from file: SafeTensorsFile, prefix: String, step: Int) throws {
        try elementwise.restore(from: file, prefix: prefix, step: step)
        for (index, momentum) in momenta.enumerated() {
            guard let momentum else { continue }
            momenta[index]!.value = try file.tensor(prefix + "momentum." + momentum.name, shape: momentum.value.shape)
        }
    }
}
