import Foundation
import NeuralCore

/// EnCodec, the published neural codec for 24 kHz (causal) and, as MusicGen uses it, 32 kHz.
///
/// ```swift
/// let codec = try EnCodec(EnCodecConfiguration(settings, path: "config.json"), weights: file)
/// let codes = try codec.encode([samples])
/// ```
/// A. Défossez et al., "High fidelity neural audio compression", TMLR 2023; J. Copet et al., "Simple and controllable
/// music generation", NeurIPS 2023.
public struct EnCodec: AudioCodec {
    public let configuration: EnCodecConfiguration
    let pipeline: CodecPipeline

    /// - Parameters:
    ///   - weights: Tensors by their published names, weights normalised in either way or plain.
    ///   - codebooks: How many ``encode(_:)`` uses; nil for all that there are.
    /// - Throws: `CheckpointError.mismatch` naming every tensor that does not fit, ``CodecError``.
    public init(_ configuration: EnCodecConfiguration, weights: some TensorSource, codebooks: Int? = nil) throws {
        self.configuration = configuration
        let used = RenamedTensors(weights) { Self.isStatistic($0) ? nil : $0 }
        let source = WeightNormalizedTensors(used), names = Self.codebookNames(source)
        let (encoderLayers, decoderLayers) = (configuration.encoderLayers, configuration.decoderLayers)
        try SEANetWeights.check(
            source,
            against: SEANetWeights.expected(by: encoderLayers, prefix: "encoder.layers.")
                + SEANetWeights.expected(by: decoderLayers, prefix: "decoder.layers.")
                + names.map { ($0, [configuration.codebookSize, configuration.hiddenSize]) })
        let builder = SEANetBuilder(configuration: configuration, source: source)
        pipeline = try CodecPipeline(
            channels: configuration.audioChannels, codebooks: codebooks, hopLength: configuration.hopLength,
            lookahead: configuration.decoderLookahead, quantizer: ResidualVectorQuantizer(codebooks: try names.map(builder.tensor)),
            encoder: builder.sequence(encoderLayers, prefix: "encoder.layers."),
            decoder: builder.sequence(decoderLayers, prefix: "decoder.layers."))
    }

    public var sampleRate: Double { Double(configuration.samplingRate) }
    public var channels: Int { configuration.audioChannels }
    public var codebooks: Int { pipeline.codebooks }
    public var bins: Int { configuration.codebookSize }
    public var hopLength: Int { configuration.hopLength }
    /// All codebooks, used or not; as many may be decoded.
    public var availableCodebooks: Int { pipeline.quantizer.codebooks.count }

    public func encode(_ samples: [[Float]]) throws -> [[Int32]] { try pipeline.encode(samples) }
    public func decode(_ codes: [[Int32]]) throws -> [[Float]] { try pipeline.decode(codes) }
    public func makeStreamingEncoder() -> any StreamingCodecEncoder { StreamEncoder(pipeline) }
    public func makeStreamingDecoder() -> any StreamingCodecDecoder { StreamDecoder(pipeline) }

    /// What training kept beside the entries of a codebook.
    private static func isStatistic(_ name: String) -> Bool {
        name.hasPrefix("quantizer.layers.") && ["embed_avg", "cluster_size", "inited"].contains { name.hasSuffix(".codebook." + $0) }
    }

    /// At least one: a file without any lacks that one.
    private static func codebookNames(_ source: some TensorSource) -> [String] {
        func name(_ index: Int) -> String { "quantizer.layers.\(index).codebook.embed" }
        return (0..<max(1, (0...).prefix { source.contains(name($0)) }.count)).map(name)
    }
}
