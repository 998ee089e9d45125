import NeuralCore

/// Self-attention among the patches of each square window, with a learned bias for every displacement.
///
/// Z. Liu et al., "Swin transformer: hierarchical vision transformer using shifted windows", 2021.
struct WindowAttention: Layer {
    var query: Linear, key: Linear, value: Linear, output: Linear
    /// One row for each displacement, `[(2 · window − 1)², heads]`.
    var bias: Tensor
    let heads: Int
    private let displacements: [Int]

    init(width: Int, heads: Int, window: Int, hasBias: Bool) {
        func linear(bias: Bool) -> Linear { Linear(weight: .zeros([width, width]), bias: bias ? .zeros([width]) : nil) }
        (query, key, value) = (linear(bias: hasBias), linear(bias: hasBias), linear(bias: hasBias))
        output = linear(bias: true)
        let span = 2 * window - 1
        bias = .zeros([span * span, heads])
        self.heads = heads
        let places = (0..<window * window).map { ($0 / window, $0 % window) }
        displacements = places.flatMap { a in
            places.map { b in (a.0 - b.0 + window - 1) * span + a.1 - b.1 + window - 1 }
        }
    }

    /// - Parameters:
    ///   - input: `[batch, windows, patches, width]`
    ///   - mask: added to the scores, `[windows, 1, patches, patches]`.
    func callAsFunction(_ input: Tensor, mask: Tensor?) -> Tensor {
        let (batch, windows, patches, width) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
        func split(_ tensor: Tensor) -> Tensor {
            tensor.reshaped([batch, windows, patches, heads, width / heads]).transposed([0, 1, 3, 2, 4])
        }
        let table = bias.gathered(axis: 0, indices: displacements).reshaped([patches, patches, heads]).transposed([2, 0, 1])
        let attended = scaledDotProductAttention(
            query: split(query(input)), key: split(key(input)), value: split(value(input)),
            mask: mask.map { table + $0 } ?? table)
        return output(attended.transposed([0, 1, 3, 2, 4]).reshaped(input.shape))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("self.query", &query)
        try visitor.visit("self.key", &key)
        try visitor.visit("self.value", &value)
        try visitor.visit("self.relative_position_bias_table", &bias)
        try visitor.visit("output.dense", &output)
    }
}
