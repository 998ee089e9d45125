import NeuralCore

/// A block of ConvNeXt along time: each channel looks at its neighbourhood, then each column is mapped by itself.
///
/// From and to `[batch, width, time]`. Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022; for sound H. Siuzdak, "Vocos",
/// ICLR 2024. The activation is x σ(x).
struct TemporalBlock: Layer {
    var neighbourhood: Conv1D
    var norm: LayerNorm
    var expansion: Linear
    var contraction: Linear
    /// `[width]`, the share of each channel that the block adds.
    var scale: Tensor

    init(width: Int, hiddenWidth: Int, kernel: Int, scale: Float, using random: inout Philox) {
        neighbourhood = Conv1D(width, width, kernel: kernel, padding: Padding1D(before: kernel / 2, after: kernel / 2), groups: width, using: &random)
        norm = LayerNorm(width)
        expansion = Linear(width, hiddenWidth, using: &random)
        contraction = Linear(hiddenWidth, width, using: &random)
        self.scale = .full([width], scale)
    }

    func callAsFunction(_ input: Tensor) -> Tensor {
        input + columns(neighbourhood(input).transposed([0, 2, 1])).transposed([0, 2, 1])
    }

    /// What is done to each column by itself, `[batch, time, width]`.
    private func columns(_ input: Tensor) -> Tensor { contraction(silu(expansion(norm(input)))) * scale }

    /// The same piece by piece.
    var stream: any TimeStream {
        ResidualStream(
            block: StreamSequence(streams: [
                ConvolutionStream(
                    weight: neighbourhood.weight, bias: neighbourhood.bias, groups: neighbourhood.groups,
                    left: neighbourhood.padding.before, right: neighbourhood.padding.after, edges: .constant),
                ColumnMap(outputs: scale.count) { [self] in columns($0) },
            ]), shortcut: nil)
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("neighbourhood", &neighbourhood)
        try visitor.visit("norm", &norm)
        try visitor.visit("expansion", &expansion)
        try visitor.visit("contraction", &contraction)
        try visitor.visit("scale", &scale)
    }
}
