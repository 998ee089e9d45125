/// Gated recurrent unit over the middle axis, in one or both directions.
///
/// `input` is `[sequences, steps, inputSize]`, the result `[sequences, steps, directions · hiddenSize]`, the forward
/// direction first; states begin at zero. Names, layouts and gate order (r, z, n) are PyTorch's:
/// h' = (1 − z) n + z h with n = tanh(W_in x + b_in + r (W_hn h + b_hn)).
public struct GRU: Layer {
    /// The weights of one direction: `[3 hiddenSize, inputSize]`, `[3 hiddenSize, hiddenSize]`, twice `[3 hiddenSize]`.
    public struct Direction: Sendable {
        public var inputWeight: Tensor, hiddenWeight: Tensor, inputBias: Tensor, hiddenBias: Tensor

        var tensors: [Tensor] { [inputWeight, hiddenWeight, inputBias, hiddenBias] }
    }

    public let inputSize: Int, hiddenSize: Int
    public var directions: [Direction]

    /// All weights uniform in ±1/√hiddenSize.
    public init(inputSize: Int, hiddenSize: Int, bidirectional: Bool = false, using rng: inout Philox) {
        (self.inputSize, self.hiddenSize) = (inputSize, hiddenSize)
        let limit = 1 / Float(hiddenSize).squareRoot()
        func draw(_ shape: [Int]) -> Tensor { .uniform(shape, in: -limit...limit, using: &rng) }
        directions = (0..<(bidirectional ? 2 : 1)).map { _ in
            Direction(
                inputWeight: draw([3 * hiddenSize, inputSize]), hiddenWeight: draw([3 * hiddenSize, hiddenSize]),
                inputBias: draw([3 * hiddenSize]), hiddenBias: draw([3 * hiddenSize]))
        }
    }

    public func callAsFunction(_ input: Tensor) -> Tensor {
        precondition(input.rank == 3 && input.shape[2] == inputSize, "the input must be [sequences, steps, \(inputSize)]")
        let operands = [input] + directions.flatMap(\.tensors)
        let isRecorded = operands.contains(where: \.requiresGradient), wantsInput = input.requiresGradient
        let pass = GRUPass(input: input.detached, weights: directions.map { $0.tensors.map(\.detached) }, hiddenSize: hiddenSize)
        guard isRecorded else { return pass.output }
        return Tensor.recorded(pass.output, from: operands) { pass.gradients(of: $0, includingInput: wantsInput) }
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        for (index, suffix) in zip(directions.indices, ["", "_reverse"]) {
            try visitor.visit("weight_ih_l0" + suffix, &directions[index].inputWeight)
            try visitor.visit("weight_hh_l0" + suffix, &directions[index].hiddenWeight)
            try visitor.visit("bias_ih_l0" + suffix, &directions[index].inputBias)
            try visitor.visit("bias_hh_l0" + suffix, &directions[index].hiddenBias)
        }
    }
}
