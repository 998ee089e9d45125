import AudioDSP
import NeuralCore

/// Maps an utterance to the vector of its speaker (a d-vector).
///
/// ```swift
/// let encoder = try SpeakerEncoder(checkpoint: "pretrained.pt")
/// let vector = try encoder.vector(of: speech)       // 16 kHz; 256 values, length one
/// ```
/// The utterance is prepared, cut into overlapping stretches of 1.6 s, and the unit vectors of these are averaged.
public struct SpeakerEncoder: Sendable {
    public var network: SpeakerNetwork
    public var partials = PartialUtterances()
    private let features: SpeakerFeatures

    public init(_ network: SpeakerNetwork) throws {
        guard network.configuration.bandCount == SpeakerFeatures.bandCount else {
            throw TargetSpeechError.invalidSetting(
                name: "bandCount", value: "\(network.configuration.bandCount)",
                fix: "features have \(SpeakerFeatures.bandCount) bands.")
        }
        self.network = network
        features = try SpeakerFeatures()
    }

    /// Values in a vector.
    public var size: Int { network.configuration.embeddingSize }

    /// The vector of one signal at 16 kHz, of length one.
    ///
    /// - Throws: `TargetSpeechError.noSpeech` where preparation leaves nothing.
    public func vector(of signal: [Float]) throws -> [Float] {
        try vector(ofPrepared: UtterancePreparation.prepare(signal))
    }

    /// The vector of what both ears hear: that of their mean.
    public func vector(left: [Float], right: [Float]) throws -> [Float] {
        guard left.count == right.count else {
            throw SignalError.mismatch(
                operation: "Speaker vector", reason: "the ears have \(left.count) and \(right.count) samples")
        }
        return try vector(of: zip(left, right).map { ($0 + $1) / 2 })
    }

    /// The vector of a signal that was prepared before.
    public func vector(ofPrepared signal: [Float]) throws -> [Float] {
        unitRows(try partialVectors(ofPrepared: signal).mean(axes: [0])).values
    }

    /// The vectors of the stretches of a prepared signal, `[stretches, size]`.
    public func partialVectors(ofPrepared signal: [Float]) throws -> Tensor {
        network(try stretches(ofPrepared: signal))
    }

    /// The features of the stretches of a prepared signal, `[stretches, frames, bands]`.
    public func stretches(ofPrepared signal: [Float]) throws -> Tensor {
        guard !signal.isEmpty else { throw TargetSpeechError.noSpeech(of: "vector of its speaker") }
        let ranges = partials.ranges(sampleCount: signal.count)
        let wanted = (ranges.last?.upperBound ?? 0) * SpeakerFeatures.hopLength
        let padded = signal + [Float](repeating: 0, count: max(0, wanted - signal.count))
        let frames = try features(padded), bands = SpeakerFeatures.bandCount
        return Tensor(
            ranges.flatMap { frames[$0.lowerBound * bands..<$0.upperBound * bands] },
            shape: [ranges.count, partials.frameCount, bands])
    }
}
