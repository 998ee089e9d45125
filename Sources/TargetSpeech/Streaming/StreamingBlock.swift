import NeuralCore

/// One block of the network, frame by frame: across frequency, across time, across past frames.
struct StreamingBlock {
    let frequency: FrequencyPath
    let time: TimePath
    let attention: RingAttention

    init(_ configuration: ExtractorConfiguration, _ weights: StreamWeights, in arena: StreamArena) throws {
        frequency = try FrequencyPath(configuration, weights, in: arena)
        time = try TimePath(configuration, weights, in: arena)
        attention = try RingAttention(configuration, weights, in: arena)
    }

    /// `features` is `[bins, width]` with rows of whole panels.
    func callAsFunction(_ features: UnsafeMutablePointer<Float>) {
        frequency(features)
        time(features)
        attention(features)
    }

    func reset() {
        time.reset()
        attention.reset()
    }
}
