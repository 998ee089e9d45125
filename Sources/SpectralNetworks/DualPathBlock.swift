import NeuralCore

/// Residual GRU along one axis: `x + linear(gru(norm(x)))`, `[…, steps, …, channels]` in and out.
package struct AxisBlock: Layer {
    package var norm: LayerNorm, gru: GRU, linear: Linear

    /// - Parameter forwardOnly: one direction of `2 · hidden` units instead of two of `hidden`.
    package init(channels: Int, hidden: Int, forwardOnly: Bool = false, using rng: inout Philox) {
        norm = LayerNorm(channels)
        gru = GRU(
            inputSize: channels, hiddenSize: forwardOnly ? 2 * hidden : hidden, bidirectional: !forwardOnly, using: &rng)
        linear = Linear(2 * hidden, channels, using: &rng)
    }

    package func callAsFunction(_ x: Tensor, axis: Int) -> Tensor { x + linear(gru(norm(x), axis: axis)) }

    package mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("norm", &norm)
        try visitor.visit("gru", &gru)
        try visitor.visit("linear", &linear)
    }
}

/// One recurrent pass over the bands of every frame, then one over the frames of every band.
/// Input and output are `[batch, time, bands, channels]`.
package struct DualPathBlock: Layer {
    package var bands: AxisBlock, time: AxisBlock

    package init(channels: Int, hidden: Int, causal: Bool, using rng: inout Philox) {
        bands = AxisBlock(channels: channels, hidden: hidden, using: &rng)
        time = AxisBlock(channels: channels, hidden: hidden, forwardOnly: causal, using: &rng)
    }

    package func callAsFunction(_ x: Tensor) -> Tensor { time(bands(x, axis: 2), axis: 1) }

    package mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("bands", &bands)
        try visitor.visit("time", &time)
    }
}
