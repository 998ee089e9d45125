extension ExtractorConfiguration {
    /// Numbers in all parameters of the network.
    public var parameterCount: Int {
        let (d, h, bins) = (width, hidden, binCount)
        let lstm = 4 * h * (d + h) + 8 * h
        let frequency = 2 * d + 2 * lstm + 2 * h * d + d, time = 2 * d + lstm + h * d + d
        func frames(_ features: Int) -> Int { heads * features * (d + 1) + 1 + 2 * bins * features }
        let attention = 2 * frames(queryWidth) + frames(valueWidth) + d * (d + 1) + 1 + 2 * bins * d
        let ends = 18 * microphones * d + d + 18 * outputs * d + 2 * outputs
        let gate = embeddingSize > 0 ? (embeddingSize + 3) * bins * d : 0
        return ends + gate + blocks * (frequency + time + attention)
    }
}
