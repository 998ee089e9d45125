import Foundation
import ModelLibrary
import NeuralCore
import TextEncoding

/// An installed model that makes music: text encoder, decoder of codes and codec.
///
/// Settings and names of tensors are those of Hugging Face's MusicGen folders; the tokeniser lies in the file as bytes.
public struct MusicModel: Sendable {
    public let file: ModelFile
    public let text: TextConditioner
    public let configuration: MusicGenConfiguration
    public let codec: any AudioCodec
    /// How it draws unless told otherwise.
    public let sampling: SamplingSettings
    /// Seconds that it was trained on, and by which a longer clip goes on.
    public let windowSeconds: Double, strideSeconds: Double

    /// - Throws: `ModelError`, `CheckpointError` and ``MusicGenerationError`` for what is missing or does not fit together.
    public init(_ file: ModelFile) throws {
        try file.require([.music])
        self.file = file
        let parts = try MusicModelParts(settings: file.settings["musicgen"], path: file.path, tensors: file.file)
        configuration = parts.configuration
        let tokenizer = try UnigramTokenizer(file)
        try tokenizer.check(against: parts.text, path: file.path)
        text = TextConditioner(tokenizer: tokenizer, encoder: try parts.textEncoder(), projection: try parts.projection())
        codec = try parts.codec()
        (sampling, windowSeconds, strideSeconds) = try Self.defaults(file)
        try parts.check(codec)
    }

    /// Holds the decoder's tensors against the settings; the other parts were read already.
    public func check() throws { try configuration.check(file.file, prefix: "decoder.") }

    /// The weights of its decoder.
    public func decoderWeights(_ precision: WeightPrecision) throws -> DecoderWeights {
        try DecoderWeights(configuration, from: file.file, prefix: "decoder.", precision: precision)
    }

    public var frameRate: Double { codec.frameRate }
    public var channels: Int { configuration.channels }
    public var sampleRate: Int { Int(codec.sampleRate) }

    /// What the model sees at once, in frames.
    public var window: TokenGenerator.Window {
        let length = max(2, Int((windowSeconds * frameRate).rounded()))
        return .init(length: length, stride: min(length - 1, max(1, Int((strideSeconds * frameRate).rounded()))))
    }

    private static func defaults(_ file: ModelFile) throws -> (SamplingSettings, Double, Double) {
        let settings = file.settings["generation"]
        func number(_ name: String, _ standard: Double, _ range: ClosedRange<Double>) throws -> Double {
            let value = settings[name]
            if value.isNull { return standard }
            guard let number = value.double, range.contains(number) else {
                throw ModelError.invalidSettings(path: file.path, reason: "\"generation.\(name)\" is not from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        let sampling = SamplingSettings(
            temperature: try number("temperature", 1, 0...1000), topK: Int(try number("top_k", 250, 0...1e6)),
            topP: try number("top_p", 1, 1e-6...1), guidance: try number("guidance_scale", 3, 0...1000))
        return (sampling, try number("window", 30, 0.1...3600), try number("stride", 18, 0.05...3600))
    }
}
