import NeuralCore

/// What the voice that is let through does to the light extractor's features, renewed by any thread.
final class VoiceSteering: @unchecked Sendable {
    private let network: BandSplitExtractor
    private let stride: Int
    private let values: TripleBuffer
    private var index = 0
    private var isSet = false
    private let still: StreamArena
    /// Factors of one and nothing added, for a network that runs without a voice.
    let neutral: UnsafePointer<Float>

    /// - Parameter stride: Between the features of two bands.
    init(_ network: BandSplitExtractor, stride: Int) {
        (self.network, self.stride) = (network, stride)
        let perBlock = 2 * network.widths.count * stride, blocks = network.configuration.blocks
        values = TripleBuffer(count: blocks * perBlock)
        still = StreamArena()
        let factors = still.floats(blocks * perBlock)
        for block in 0..<blocks { (factors + block * perBlock).update(repeating: 1, count: perBlock / 2) }
        neutral = UnsafePointer(factors)
    }

    /// Any thread. Throws `TargetSpeechError` for an embedding of another size or one that is not finite.
    func set(_ embedding: [Float]) throws {
        let size = network.configuration.embeddingSize
        guard embedding.count == size else { throw TargetSpeechError.embeddingSize(found: embedding.count, expected: size) }
        guard embedding.allSatisfy(\.isFinite) else { throw TargetSpeechError.embeddingNotFinite }
        let (bands, channels, stride) = (network.widths.count, network.configuration.channels, stride)
        let steering = network.steering(Tensor(embedding, shape: [1, size])).map { [$0.scale.values, $0.shift.values] }
        values.publish { output in
            for (part, values) in steering.flatMap(\.self).enumerated() {
                for band in 0..<bands {
                    let row = output + (part * bands + band) * stride
                    for channel in 0..<channels { row[channel] = values[band * channels + channel] }
                }
            }
        }
    }

    /// The reader's thread: the newest steering, nil before the first.
    func current() -> UnsafePointer<Float>? {
        if values.update(&index) { isSet = true }
        return isSet ? values.values(index) : nil
    }
}
