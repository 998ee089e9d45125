import ModelLibrary
import NeuralCore

/// The default codec: light, because all its network's work is on spectra.
///
/// A short-time spectrum every 10 ms goes through a few convolutions along time; two neighbours become one vector, which a
/// residual quantiser describes by four codes, 50 times a second. Back, a network predicts magnitudes and phases, and an
/// inverse transform makes the sound, as in Vocos (H. Siuzdak, ICLR 2024). Sounds of one channel.
public struct SpectralCodec: AudioCodec {
    public let configuration: SpectralCodecConfiguration
    let pipeline: CodecPipeline

    /// - Parameter codebooks: How many ``encode(_:)`` uses; nil for all that there are.
    /// - Throws: ``CodecError``, and what the transform finds wrong with the settings.
    public init(_ network: SpectralCodecNetwork, codebooks: Int? = nil) throws {
        configuration = network.configuration
        let frames = try SpectralFrames(configuration)
        pipeline = try CodecPipeline(
            channels: 1, codebooks: codebooks, hopLength: configuration.hopLength, lookahead: network.lookahead,
            quantizer: ResidualVectorQuantizer(codebooks: network.codebooks),
            encoder: StreamSequence(streams: [AnalysisStream(frames)] + network.encoderStream.streams),
            decoder: StreamSequence(streams: network.decoderStream.streams + [SynthesisStream(frames)]))
    }

    /// - Throws: `CheckpointError.mismatch` naming every tensor that does not fit, ``CodecError``.
    public init(_ configuration: SpectralCodecConfiguration, weights: some TensorSource, codebooks: Int? = nil) throws {
        // Loading names every tensor that does not fit; this keeps settings from asking for more memory than that.
        let present = try weights.names.reduce(0) { try $0 + weights.shape($1).reduce(1, *) }
        guard configuration.approximateParameterCount <= 2 * present + 100_000 else {
            throw CheckpointError.mismatch(
                path: weights.path,
                faults: ["by its settings it would have \(configuration.approximateParameterCount) parameters, and the file holds \(present)"])
        }
        var random = Philox(seed: 0)
        var network = SpectralCodecNetwork(configuration, using: &random)
        try network.load(from: weights)
        for (name, tensor) in network.namedParameters() where !tensor.isFinite {
            throw CodecError.weightNotFinite(path: weights.path, name: name)
        }
        try self.init(network, codebooks: codebooks)
    }

    public var sampleRate: Double { Double(configuration.sampleRate) }
    public var channels: Int { 1 }
    public var codebooks: Int { pipeline.codebooks }
    public var bins: Int { configuration.bins }
    public var hopLength: Int { configuration.hopLength }

    public func encode(_ samples: [[Float]]) throws -> [[Int32]] { try pipeline.encode(samples) }
    public func decode(_ codes: [[Int32]]) throws -> [[Float]] { try pipeline.decode(codes) }
    public func makeStreamingEncoder() -> any StreamingCodecEncoder { StreamEncoder(pipeline) }
    public func makeStreamingDecoder() -> any StreamingCodecDecoder { StreamDecoder(pipeline) }
}

extension SpectralCodecConfiguration {
    /// All but norms and biases.
    var approximateParameterCount: Int {
        let blocks = encoderBlocks.spectra + encoderBlocks.codes + decoderBlocks.spectra + decoderBlocks.codes
        return 4 * binCount * width + blocks * width * (2 * hiddenWidth + kernel) + 2 * reduction * width * width
            + 2 * dimension * width + codebooks * bins * (dimension + 1)
    }
}
