import NeuralCore

/// One block of the offline TF-GridNet: along frequency, along time in both directions, and attention between all frames,
/// each added to what came in.
///
/// Z.-Q. Wang et al., "TF-GridNet: integrating full- and sub-band modeling for speech separation", IEEE/ACM TASLP 2023.
public struct OfflineBlock: Layer {
    public var frequency: StretchRecurrence, time: StretchRecurrence
    public var attention: FrameAttention

    init(_ configuration: EnrollmentConfiguration, using rng: inout Philox) {
        frequency = StretchRecurrence(configuration, using: &rng)
        time = StretchRecurrence(configuration, using: &rng)
        attention = FrameAttention(configuration, using: &rng)
    }

    /// `[batch, frames, bins, features]` to the same.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        var features = input + frequency(input, axis: 2)
        features = features + time(features, axis: 1)
        return features + attention(features)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try frequency.visit("intra", &visitor)
        try time.visit("inter", &visitor)
        try attention.visitParameters(&visitor)
    }
}
