import NeuralCore

/// A network from samples to vectors, a quantiser, and a network back: what a codec consists of.
///
/// Whole sounds take the same way as sounds in pieces, block after block, so that memory does not grow with their length.
struct CodecPipeline: Sendable {
    let channels: Int
    /// How many codebooks are used for encoding.
    let codebooks: Int
    let hopLength: Int
    /// Frames that must follow a frame before the decoder knows all its samples.
    let lookahead: Int
    let quantizer: ResidualVectorQuantizer
    /// `[1, channels, samples]` to `[1, dimension, frames]`, as it stands before a sound.
    let encoder: StreamSequence
    /// `[1, dimension, frames]` to `[1, channels, samples]`.
    let decoder: StreamSequence

    /// - Parameter codebooks: nil for all.
    /// - Throws: ``CodecError/codebookCount(found:allowed:)``.
    init(
        channels: Int, codebooks: Int?, hopLength: Int, lookahead: Int, quantizer: ResidualVectorQuantizer, encoder: StreamSequence,
        decoder: StreamSequence
    ) throws {
        let available = quantizer.codebooks.count
        if let codebooks, !(1...available).contains(codebooks) {
            throw CodecError.codebookCount(found: codebooks, allowed: 1...available)
        }
        (self.channels, self.codebooks, self.hopLength, self.lookahead) = (channels, codebooks ?? available, hopLength, lookahead)
        (self.quantizer, self.encoder, self.decoder) = (quantizer, encoder, decoder)
    }

    func encode(_ samples: [[Float]]) throws -> [[Int32]] {
        var encoder = StreamEncoder(self)
        return try encoder.encode(samples).appending(encoder.finish())
    }

    func decode(_ codes: [[Int32]]) throws -> [[Float]] {
        var decoder = StreamDecoder(self), samples = try decoder.decode(codes)
        for (channel, rest) in try decoder.finish().enumerated() { samples[channel] += rest }
        return samples
    }

    /// Frames that go through a network at a time: enough to share out the reading of the weights, little enough memory.
    static let blockFrames = 128

    static func blocks(of count: Int, size: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }
}

/// Encodes a sound piece by piece.
struct StreamEncoder: StreamingCodecEncoder {
    private let pipeline: CodecPipeline
    private var stream: StreamSequence
    private var received = 0

    init(_ pipeline: CodecPipeline) { (self.pipeline, stream) = (pipeline, pipeline.encoder) }

    mutating func encode(_ samples: [[Float]]) throws -> [[Int32]] {
        let count = try CodeCheck.length(of: samples, channels: pipeline.channels, firstSample: received)
        var codes = [[Int32]](repeating: [], count: pipeline.codebooks)
        for range in CodecPipeline.blocks(of: count, size: CodecPipeline.blockFrames * pipeline.hopLength) {
            let block = Tensor(samples.flatMap { $0[range] }, shape: [1, pipeline.channels, range.count])
            codes = codes.appending(process(block, isLast: false))
        }
        received += count
        return codes
    }

    mutating func finish() throws -> [[Int32]] {
        received = 0
        return process(.zeros([1, pipeline.channels, 0]), isLast: true)
    }

    private mutating func process(_ samples: Tensor, isLast: Bool) -> [[Int32]] {
        let latents = stream.process(samples, isLast: isLast)
        guard !latents.isEmpty else { return [[Int32]](repeating: [], count: pipeline.codebooks) }
        return pipeline.quantizer.encode(latents.transposed([0, 2, 1]).squeezed(at: 0), codebooks: pipeline.codebooks)
    }
}

/// Decodes codes piece by piece.
struct StreamDecoder: StreamingCodecDecoder {
    private let pipeline: CodecPipeline
    private var stream: StreamSequence
    /// Codebooks of the sound that has begun.
    private var codebooks: Int?
    private var received = 0

    init(_ pipeline: CodecPipeline) { (self.pipeline, stream) = (pipeline, pipeline.decoder) }

    var lookahead: Int { pipeline.lookahead }

    mutating func decode(_ codes: [[Int32]]) throws -> [[Float]] {
        let allowed = codebooks.map { $0...$0 } ?? 1...pipeline.quantizer.codebooks.count
        let count = try CodeCheck.frames(of: codes, codebooks: allowed, bins: pipeline.quantizer.bins, firstFrame: received)
        var samples = [[Float]](repeating: [], count: pipeline.channels)
        guard count > 0 else { return samples }
        for range in CodecPipeline.blocks(of: count, size: CodecPipeline.blockFrames) {
            let vectors = pipeline.quantizer.decode(codes.map { Array($0[range]) }).transposed([1, 0]).expanded(at: 0)
            for (channel, new) in process(vectors, isLast: false).enumerated() { samples[channel] += new }
        }
        codebooks = codes.count
        received += count
        return samples
    }

    mutating func finish() throws -> [[Float]] {
        (codebooks, received) = (nil, 0)
        return process(.zeros([1, pipeline.quantizer.dimension, 0]), isLast: true)
    }

    private mutating func process(_ vectors: Tensor, isLast: Bool) -> [[Float]] {
        let samples = stream.process(vectors, isLast: isLast)
        guard !samples.isEmpty else { return [[Float]](repeating: [], count: pipeline.channels) }
        return (0..<pipeline.channels).map { samples.sliced(axis: 1, $0..<$0 + 1).values }
    }
}
