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
        let attended = attend(
            query: query(positions: positions.tensor), key: key(positions: positions.tensor),
            value: value(positions: positions.tensor))
        let sum = input + positions.image(output(positions: attended))
        return rescales ? sum * Float(0.5.squareRoot()) : sum
    }

    /// Numbers that the scores of positions against positions may be at a time.
    private static let largestScores = 1 << 24

    /// Over all positions, some queries after the other: memory does not grow with the square of an image.
    private func attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor {
        let (batch, count) = (query.shape[0], query.shape[1]), rows = max(1, Self.largestScores / (batch * count))
        guard rows < count else { return scaledDotProductAttention(query: query, key: key, value: value) }
        return .concatenated(
            stride(from: 0, to: count, by: rows).map { start in
                let some = query.sliced(axis: 1, start..<min(start + rows, count))
                return scaledDotProductAttention(query: some, key: key, value: value)
            }, axis: 1)
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("GroupNorm_0", &norm)
        try visitor.visit("NIN_0", &query)
        try visitor.visit("NIN_1", &key)
        try visitor.visit("NIN_2", &value)
        try visitor.visit("NIN_3", &output)
    }
}
