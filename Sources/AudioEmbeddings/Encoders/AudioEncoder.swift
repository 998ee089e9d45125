import AudioDSP
import AudioMetrics
import NeuralCore

/// Turns recordings into vectors that are near each other where the recordings sound alike.
///
/// A recording gives one embedding for each stretch that it is cut into, by a fixed rule and never at random: the same
/// recording has the same embeddings alone, beside others, and on any number of threads.
///
/// ```swift
/// let encoder = SpectralStatisticsEncoder()
/// let embeddings = try encoder.embeddings(of: AudioFile.read("song.flac"))   // [stretches, dimension]
/// ```
public protocol AudioEncoder: Sendable {
    /// What reports call it.
    var name: String { get }
    /// Differs wherever an embedding could: with weights, settings and the way of cutting.
    var identity: String { get }
    /// Of the mono signals that it takes, in Hz.
    var sampleRate: Int { get }
    /// Values in an embedding.
    var dimension: Int { get }
    /// How recordings are cut into stretches, in words.
    var cutting: String { get }

    /// The embeddings of a signal's stretches in their order, `[stretches, dimension]`; at least one.
    ///
    /// - Parameter signal: Mono, at ``sampleRate``, finite and not empty.
    func embeddings(ofSignal signal: [Float]) throws -> Tensor

    /// The embedding of a whole recording from those of its stretches.
    func summary(of stretches: EmbeddingSet) -> [Double]
}

/// An encoder with a text side: a caption is near the recordings that it describes.
public protocol AudioTextEncoder: AudioEncoder {
    /// The embedding of a caption, of length 1. `[dimension]`
    func embedding(ofText text: String) throws -> [Float]
}

extension AudioEncoder {
    /// The mean of the stretches.
    public func summary(of stretches: EmbeddingSet) -> [Double] { stretches.mean }

    /// The embeddings of a recording's stretches, `[stretches, dimension]`. Channels are averaged, other rates converted.
    ///
    /// - Throws: ``EncoderError`` for a recording that is empty or holds values that are not finite.
    public func embeddings(of sound: AudioBuffer) throws -> Tensor {
        let mono = sound.mono
        guard !mono.isEmpty else { throw EncoderError.empty }
        guard mono.allSatisfy(\.isFinite) else { throw EncoderError.notFinite(what: "a sample") }
        let signal = try AudioBuffer(channels: [mono], sampleRate: sound.sampleRate).resampled(to: sampleRate).channels[0]
        let result = try embeddings(ofSignal: signal.isEmpty ? [0] : signal)
        guard result.values.allSatisfy(\.isFinite) else { throw EncoderError.notFinite(what: "an embedding by \(name)") }
        return result
    }
}

extension EmbeddingSet {
    /// The rows of `[count, dimension]`.
    public init(_ tensor: Tensor) throws {
        try self.init(tensor.values.map(Double.init), count: tensor.shape[0], dimension: tensor.shape[1])
    }
}
