import Testing

@testable import AudioDSP

@Suite struct MirroredProcessorTests {
    /// Makes the left ear twice as loud and adds the right one to it; counts its chunks.
    private final class Leaning: StreamProcessor {
        let sampleRate = 16_000, inputChannels: Int, outputChannels: Int, chunkLength = 4, latency = 0
        var chunks = 0

        init(channels: Int = 2) { (inputChannels, outputChannels) = (channels, channels) }

        func prepare() { chunks = 0 }
        func reset() { chunks = 0 }

        func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
            chunks += 1
            for index in 0..<chunkLength {
                output[index] = 2 * input[index] + input[chunkLength + index]
                output[chunkLength + index] = input[chunkLength + index]
            }
        }
    }

    @Test func meanOfBoth() throws {
        let (plain, mirrored) = (Leaning(), Leaning()), processor = try MirroredProcessor(plain, mirrored)
        try processor.prepare()
        let left: [Float] = [1, 2, 3, 4], right: [Float] = [10, 20, 30, 40]
        var output = [Float](repeating: 0, count: 8)
        processor.process(left + right, &output)
        // Left: (2 l + r + l) / 2; right: (r + 2 r + l) / 2.
        #expect(output == zip(left, right).map { (3 * $0 + $1) / 2 } + zip(left, right).map { (3 * $1 + $0) / 2 })
        // Exchanged ears give the exchanged result.
        var exchanged = output
        processor.process(right + left, &exchanged)
        #expect(Array(exchanged[..<4]) == Array(output[4...]) && Array(exchanged[4...]) == Array(output[..<4]))
        #expect(plain.chunks == 2 && mirrored.chunks == 2)
        processor.reset()
        #expect(plain.chunks == 0 && mirrored.chunks == 0)
    }

    @Test func needsTwoEars() {
        #expect(throws: SignalError.self) { try MirroredProcessor(Leaning(), Leaning(channels: 1)) }
    }
}
