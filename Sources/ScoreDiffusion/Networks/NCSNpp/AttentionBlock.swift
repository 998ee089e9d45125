import NeuralCore

/// Single-head self-attention over all positions of an image, around a shortcut.
struct AttentionBlock: Layer {
    var norm: GroupNorm
    var query: ChannelMap, key: ChannelMap, value: ChannelMap, output: ChannelMap
    let rescales: Bool

    init(_ channels: Int, rescales: Bool, using rng: inout Philox) {
        norm = .ncsnpp(channels)
        query = ChannelMap(channels, channels, using: &rng)
        key = ChannelMap(channels, channels, using: &rng)
        value = ChannelMap(channels, channels, using: &rng)
        output = ChannelMap(channels, channels, scale: 0, using: &rng)
        self.rescales = rescales
    }

    /// `[batch, channels, height, width]` in and out.
    func callAsFunction(_ input: Tensor) -> Tensor {
        let positions = ImagePositions(norm(input))
        let attended = scaledDotProductAttention(
            query: query(positions: positions.tensor), key: key(positions: positions.tensor),
            value: value(positions: positions.tensor))
        let sum = input + positions.image(output(positions: attended))
        return rescales ? sum * Float(0.5.squareRoot()) : sum
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("GroupNorm_0", &norm)
        try visitor.visit("NIN_0", &query)
        try visitor.visit("NIN_1", &key)
        try visitor.visit("NIN_2", &value)
        try visitor.visit("NIN_3", &output)
    }
}
