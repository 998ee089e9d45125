import NeuralCore

/// Residual bidirectional GRU along one axis: `x + linear(gru(norm(x)))`, `[…, steps, …, channels]` in and out.
struct AxisBlock: Layer {
    var norm: LayerNorm, gru: GRU, linear: Linear

    init(channels: Int, hidden: Int, using rng: inout Philox) {
        norm = LayerNorm(channels)
        gru = GRU(inputSize: channels, hiddenSize: hidden, bidirectional: true, using: &rng)
        linear = Linear(2 * hidden, channels, using: &rng)
    }

    func callAsFunction(_ x: Tensor, axis: Int) -> Tensor { x + linear(gru(norm(x), axis: axis)) }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("norm", &norm)
        try visitor.visit("gru", &gru)
        try visitor.visit("linear", &linear)
    }
}

/// One recurrent pass over the bands of every frame, then one over the frames of every band.
/// Input and output are `[batch, time, bands, channels]`.
struct DualPathBlock: Layer {
    var bands: AxisBlock, time: AxisBlock

    init(channels: Int, hidden: Int, using rng: inout Philox) {
        bands = AxisBlock(channels: channels, hidden: hidden, using: &rng)
        time = AxisBlock(channels: channels, hidden: hidden, using: &rng)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { time(bands(x, axis: 2), axis: 1) }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("bands", &bands)
        try visitor.visit("time", &time)
    }
}
