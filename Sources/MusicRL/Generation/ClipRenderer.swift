/// Makes the sound of a clip out of its codes while they come; each channel has a decoder of its own.
struct ClipRenderer {
    private var decoders: [any StreamingCodecDecoder]
    /// Codes that wait: decoding several frames at once costs less.
    private var waiting: [[Int32]]
    private var samplesLeft: Int

    private static let framesAtOnce = 16

    /// - Parameter samples: the clip's length.
    init(_ model: MusicModel, samples: Int) throws {
        decoders = try (0..<model.channels).map { _ in try model.codec.makeStreamingDecoder() }
        waiting = [[Int32]](repeating: [], count: model.configuration.codebooks)
        samplesLeft = samples
    }

    /// Takes `[codebooks][frames]` and returns `[channels][samples]`, which may be none yet.
    mutating func take(_ codes: [[Int32]]) throws -> [[Float]] {
        for codebook in codes.indices { waiting[codebook] += codes[codebook] }
        return waiting[0].count >= Self.framesAtOnce ? try decode() : []
    }

    /// What is left.
    mutating func finish() throws -> [[Float]] {
        var sound = waiting[0].isEmpty ? [[Float]](repeating: [], count: decoders.count) : try decode()
        for channel in decoders.indices {
            let rest = try decoders[channel].finish()[0].prefix(samplesLeft)
            sound[channel] += rest
        }
        samplesLeft = 0
        return sound
    }

    /// Codebooks of several channels are in turns.
    private mutating func decode() throws -> [[Float]] {
        let count = decoders.count
        let sound = try decoders.indices.map { channel in
            let own = stride(from: channel, to: waiting.count, by: count).map { waiting[$0] }
            return Array(try decoders[channel].decode(own)[0].prefix(samplesLeft))
        }
        samplesLeft -= sound[0].count
        for codebook in waiting.indices { waiting[codebook] = [] }
        return sound
    }
}
