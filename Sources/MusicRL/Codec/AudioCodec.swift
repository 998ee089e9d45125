import Foundation

/// Turns sound into codes, a few numbers for every frame, and back.
///
/// A codec is immutable and may be used from several threads at once.
public protocol AudioCodec: Sendable {
    /// In Hz.
    var sampleRate: Double { get }
    var channels: Int { get }
    /// Codes of a frame, coarse before fine.
    var codebooks: Int { get }
    /// Values that a code can have: it is at least 0 and less than this.
    var bins: Int { get }
    /// Samples of a frame.
    var hopLength: Int { get }

    /// `[channels][samples]` to `[codebooks][frames]`; the last frame may be begun by the sound and filled up by the codec.
    ///
    /// - Throws: ``CodecError`` for other channels, for channels of different lengths and for samples that are no numbers.
    func encode(_ samples: [[Float]]) throws -> [[Int32]]

    /// `[codebooks][frames]` to `[channels][frames · hopLength]`. Fewer codebooks than ``codebooks`` are decoded where the
    /// codec has been made for that.
    ///
    /// - Throws: ``CodecError`` for rows of different lengths and for codes that the codec does not have.
    func decode(_ codes: [[Int32]]) throws -> [[Float]]

    /// An encoder that takes the samples of one sound piece by piece. Its codes are those of ``encode(_:)`` but for rounding.
    func makeStreamingEncoder() throws -> any StreamingCodecEncoder

    /// A decoder that takes the frames of one sound piece by piece. Its samples are those of ``decode(_:)`` but for rounding.
    func makeStreamingDecoder() throws -> any StreamingCodecDecoder
}

/// Encodes one sound while its samples arrive.
public protocol StreamingCodecEncoder: Sendable {
    /// Takes `[channels][new samples]` and returns `[codebooks][frames]`, those that have become final.
    ///
    /// - Throws: ``CodecError`` for bad samples; the encoder is then as it was.
    mutating func encode(_ samples: [[Float]]) throws -> [[Int32]]

    /// The codes of the frames that were still waiting. The encoder then stands before a new sound.
    mutating func finish() throws -> [[Int32]]
}

/// Decodes one sound while its codes arrive.
public protocol StreamingCodecDecoder: Sendable {
    /// How many frames must follow a frame before all its samples are known.
    var lookahead: Int { get }

    /// Takes `[codebooks][new frames]` and returns `[channels][samples]`, those that have become final.
    ///
    /// - Throws: ``CodecError`` for bad codes; the decoder is then as it was.
    mutating func decode(_ codes: [[Int32]]) throws -> [[Float]]

    /// The samples that were still waiting for frames to come. The decoder then stands before a new sound.
    mutating func finish() throws -> [[Float]]
}

extension AudioCodec {
    /// In Hz.
    public var frameRate: Double { sampleRate / Double(hopLength) }
    /// In bits a second.
    public var bitRate: Double { frameRate * Double(codebooks) * log2(Double(bins)) }
    /// Frames of a sound of so many samples.
    public func frames(ofSamples count: Int) -> Int { (count + hopLength - 1) / hopLength }
}
