/// A block of ConvNeXt along time: each channel looks at its neighbourhood, then each column is mapped by itself.
///
/// From and to `[batch, width, time]`. Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022; for sound H. Siuzdak, "Vocos",
/// ICLR 2024. The activation is x σ(x).
package struct TemporalBlock: Layer {
    package var neighbourhood: Conv1D
    package var norm: LayerNorm
    package var expansion: Linear
    package var contraction: Linear
    /// `[width]`, the share of each channel that the block adds.
    package var scale: Tensor

    package init(width: Int, hiddenWidth: Int, kernel: Int, scale: Float, using random: inout Philox) {
        neighbourhood = Conv1D(width, width, kernel: kernel, padding: Padding1D(before: kernel / 2, after: kernel / 2), groups: width, using: &random)
        norm = LayerNorm(width)
        expansion = Linear(width, hiddenWidth, using: &random)
        contraction = Linear(hiddenWidth, width, using: &random)
        self.scale = .full([width], scale)
    }

    package func callAsFunction(_ input: Tensor) -> Tensor {
        input + columns(neighbourhood(input).transposed([0, 2, 1])).transposed([0, 2, 1])
    }

    /// What is done to each column by itself, `[batch, time, width]`.
    package func columns(_ input: Tensor) -> Tensor { contraction(silu(expansion(norm(input)))) * scale }

    package mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("neighbourhood", &neighbourhood)
        try visitor.visit("norm", &norm)
        try visitor.visit("expansion", &expansion)
        try visitor.visit("contraction", &contraction)
        try visitor.visit("scale", &scale)
    }
}
