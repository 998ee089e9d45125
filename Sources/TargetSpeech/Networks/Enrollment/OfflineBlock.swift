import NeuralCore

/// One block of the offline TF-GridNet: along frequency, along time in both directions, and attention between all frames,
/// each added to what came in.
///
/// Z.-Q. Wang et al., "TF-GridNet: integrating full- and sub-band modeling for speech separation", IEEE/ACM TASLP 2023.
public struct OfflineBlock: Layer {
    public var frequency: StretchRecurrence, time: StretchRecurrence
    public var attention: FrameAttention
    private let stretch: Int, hop: Int

    init(_ configuration: EnrollmentConfiguration, using rng: inout Philox) {
        (stretch, hop) = (configuration.stretch, configuration.stretchHop)
        frequency = StretchRecurrence(configuration, using: &rng)
        time = StretchRecurrence(configuration, using: &rng)
        attention = FrameAttention(configuration, using: &rng)
    }

    /// `[batch, frames, bins, features]` to the same. Zeros fill up both axes to whole stretches.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        let (frames, bins) = (input.shape[1], input.shape[2])
        var features = input.padded([(0, 0), (0, missing(frames)), (0, missing(bins)), (0, 0)])
        features = features + frequency(features, axis: 2)
        features = features + time(features, axis: 1)
        features = features.sliced(axis: 1, 0..<frames).sliced(axis: 2, 0..<bins)
        return features + attention(features)
    }

    private func missing(_ length: Int) -> Int {
        guard length > stretch else { return stretch - length }
        return (length - stretch + hop - 1) / hop * hop + stretch - length
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try frequency.visit("intra", &visitor)
        try time.visit("inter", &visitor)
        try attention.visitParameters(&visitor)
    }
}
