import NeuralCore

/// Residual bidirectional GRU along one axis: `x + linear(gru(norm(x)))`, `[batch, steps, channels]` in and out.
struct AxisBlock: Layer {
    var norm: LayerNorm, gru: GRU, linear: Linear

    init(channels: Int, hidden: Int, using rng: inout Philox) {
        norm = LayerNorm(channels)
        gru = GRU(inputSize: channels, hiddenSize: hidden, bidirectional: true, using: &rng)
        linear = Linear(2 * hidden, channels, using: &rng)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x + linear(gru(norm(x))) }

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

    func callAsFunction(_ x: Tensor) -> Tensor {
        let (batch, frames, count, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let acrossBands = bands(x.reshaped([batch * frames, count, channels]))
            .reshaped([batch, frames, count, channels]).transposed([0, 2, 1, 3])
        return time(acrossBands.reshaped([batch * count, frames, channels]))
            .reshaped([batch, count, frames, channels]).transposed([0, 2, 1, 3])
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("bands", &bands)
        try visitor.visit("time", &time)
    }
}
