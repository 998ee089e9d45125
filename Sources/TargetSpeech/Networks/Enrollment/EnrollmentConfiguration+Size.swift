extension EnrollmentConfiguration {
    /// Numbers in all parameters of the network.
    public var parameterCount: Int {
        let (d, h, bins) = (width, hidden, binCount)
        let recurrence = 2 * d + 2 * (4 * h * (d * stretch + h) + 8 * h) + 2 * h * d * stretch + d
        func frames(_ features: Int) -> Int { features * (d + 1) + 1 + 2 * bins * features }
        let attention = heads * (2 * frames(queryWidth) + frames(valueWidth)) + frames(d)
        let ends = 18 * microphones * d + d + 2 * d + embeddingSize * (bins * d + 3)
        return ends + blocks * (2 * recurrence + attention)
    }
}
