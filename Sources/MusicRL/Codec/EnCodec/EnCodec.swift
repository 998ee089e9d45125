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
    /// How many codebooks ``encode(_:)`` uses.
    public let codebooks: Int
    let quantizer: ResidualVectorQuantizer
    /// As they stand before a sound.
    let encoder: StreamSequence, decoder: StreamSequence

    /// - Parameters:
    ///   - weights: Tensors by their published names, weights normalised in either way or plain.
    ///   - codebooks: How many are used; nil for all that there are.
    /// - Throws: `CheckpointError.mismatch` naming every tensor that does not fit, ``CodecError``.
    public init(_ configuration: EnCodecConfiguration, weights: some TensorSource, codebooks: Int? = nil) throws {
        let used = RenamedTensors(weights) { Self.isStatistic($0) ? nil : $0 }
        let source = WeightNormalizedTensors(used)
        let count = Self.codebookCount(source)
        let codebookNames = (0..<count).map { "quantizer.layers.\($0).codebook.embed" }
        let (encoderLayers, decoderLayers) = (configuration.encoderLayers, configuration.decoderLayers)
        try SEANetWeights.check(
            source,
            against: SEANetWeights.expected(by: encoderLayers, prefix: "encoder.layers.")
                + SEANetWeights.expected(by: decoderLayers, prefix: "decoder.layers.")
                + codebookNames.map { ($0, [configuration.codebookSize, configuration.hiddenSize]) })
        if let codebooks, !(1...count).contains(codebooks) {
            throw CodecError.codebookCount(found: codebooks, allowed: 1...count)
        }
        let builder = SEANetBuilder(configuration: configuration, source: source)
        encoder = try builder.sequence(encoderLayers, prefix: "encoder.layers.")
        decoder = try builder.sequence(decoderLayers, prefix: "decoder.layers.")
        quantizer = ResidualVectorQuantizer(codebooks: try codebookNames.map { name in
            let codebook = try source.tensor(name)
            guard codebook.isFinite else { throw CodecError.weightNotFinite(path: weights.path, name: name) }
            return codebook
        })
        self.configuration = configuration
        self.codebooks = codebooks ?? count
    }

    public var sampleRate: Double { Double(configuration.samplingRate) }
    public var channels: Int { configuration.audioChannels }
    public var bins: Int { configuration.codebookSize }
    public var hopLength: Int { configuration.hopLength }
    /// All codebooks, used or not.
    public var availableCodebooks: Int { quantizer.codebooks.count }

    public func encode(_ samples: [[Float]]) throws -> [[Int32]] {
        let count = try checkSamples(samples)
        var stream = encoder, codes = [[Int32]](repeating: [], count: codebooks)
        for range in Self.blocks(of: count, size: Self.blockFrames * hopLength) {
            let block = Tensor(samples.flatMap { $0[range] }, shape: [1, channels, range.count])
            let latents = stream.process(block, isLast: range.upperBound == count)
            guard !latents.isEmpty else { continue }
            let vectors = latents.transposed([0, 2, 1]).reshaped([-1, configuration.hiddenSize])
            for (index, row) in quantizer.encode(vectors, codebooks: codebooks).enumerated() { codes[index] += row }
        }
        return codes
    }

    public func decode(_ codes: [[Int32]]) throws -> [[Float]] {
        var decoder = EnCodecStreamingDecoder(self)
        let count = try decoder.frames(of: codes)
        var samples = [[Float]](repeating: [], count: channels)
        for channel in samples.indices { samples[channel].reserveCapacity(count * hopLength) }
        for range in Self.blocks(of: count, size: Self.blockFrames) {
            let block = decoder.process(codes.map { Array($0[range]) }, isLast: range.upperBound == count)
            for (channel, values) in block.enumerated() { samples[channel] += values }
        }
        return samples
    }

    public func makeStreamingDecoder() -> any StreamingCodecDecoder { EnCodecStreamingDecoder(self) }

    /// Frames that go through the network at a time: enough to share out the reading of the weights, little enough memory.
    private static let blockFrames = 128

    private static func blocks(of count: Int, size: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }

    /// What training kept beside the entries of a codebook.
    private static func isStatistic(_ name: String) -> Bool {
        name.hasPrefix("quantizer.layers.") && ["embed_avg", "cluster_size", "inited"].contains { name.hasSuffix(".codebook." + $0) }
    }

    private static func codebookCount(_ source: some TensorSource) -> Int {
        let count = (0...).prefix { source.contains("quantizer.layers.\($0).codebook.embed") }.count
        return max(1, count)
    }
}

/// Decodes codes of EnCodec piece by piece: convolutions keep the ends of their inputs, the LSTM its state.
struct EnCodecStreamingDecoder: StreamingCodecDecoder {
    let lookahead: Int
    private let quantizer: ResidualVectorQuantizer
    private let channels: Int
    private var stream: StreamSequence
    /// Codebooks of the sound that has begun.
    private var codebooks: Int?
    private var received = 0

    init(_ codec: EnCodec) {
        (quantizer, stream, channels) = (codec.quantizer, codec.decoder, codec.channels)
        lookahead = codec.configuration.decoderLookahead
    }

    mutating func decode(_ codes: [[Int32]]) throws -> [[Float]] {
        let count = try frames(of: codes)
        guard count > 0 else { return [[Float]](repeating: [], count: channels) }
        codebooks = codes.count
        received += count
        return process(codes, isLast: false)
    }

    mutating func finish() throws -> [[Float]] {
        defer { (codebooks, received) = (nil, 0) }
        return process(nil, isLast: true)
    }

    func frames(of codes: [[Int32]]) throws -> Int {
        let allowed = codebooks.map { $0...$0 } ?? 1...quantizer.codebooks.count
        return try CodeCheck.frames(of: codes, codebooks: allowed, bins: quantizer.bins, firstFrame: received)
    }

    mutating func process(_ codes: [[Int32]]?, isLast: Bool) -> [[Float]] {
        let vectors = codes.map { quantizer.decode($0).transposed([1, 0]).expanded(at: 0) }
            ?? .zeros([1, quantizer.dimension, 0])
        let samples = stream.process(vectors, isLast: isLast)
        guard !samples.isEmpty else { return [[Float]](repeating: [], count: channels) }
        return (0..<channels).map { samples.sliced(axis: 1, $0..<$0 + 1).values }
    }
}
