import AudioDSP
import Testing

@testable import TargetSpeech

@Suite struct LoudestExcerptTests {
    private final class Wire: StreamProcessor {
        let sampleRate = 1000, inputChannels = 2, outputChannels = 2, chunkLength = 10, latency = 0

        func prepare() {}
        func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) { output.update(from: input, count: 20) }
        func reset() {}
    }

    /// A second for each level, the right channel as the left with the other sign.
    private func excerpt(_ levels: [Float], chunks: Int? = nil) throws -> [[Float]] {
        let excerpt = LoudestExcerpt(Wire(), seconds: 1)
        try excerpt.prepare()
        var output = [Float](repeating: 0, count: 20)
        for chunk in 0..<(chunks ?? levels.count * 100) {
            let level = levels[chunk / 100]
            excerpt.process([Float](repeating: level, count: 10) + [Float](repeating: -level, count: 10), &output)
            #expect(output[0] == level && output[19] == -level)
        }
        return excerpt.channels
    }

    @Test func theLoudestIsKept() throws {
        for levels: [Float] in [[0.1, 0.5, 0.2], [0.5, 0.1, 0.2], [0.1, 0.2, 0.5]] {
            let found = try excerpt(levels)
            #expect(found == [[Float](repeating: 0.5, count: 1000), [Float](repeating: -0.5, count: 1000)])
        }
    }

    @Test func shortSoundsAreKeptWhole() throws {
        #expect(try excerpt([0.3], chunks: 7) == [[Float](repeating: 0.3, count: 70), [Float](repeating: -0.3, count: 70)])
        #expect(try excerpt([0.1, 0.9], chunks: 150)[0] == [Float](repeating: 0.9, count: 500))
    }
}
