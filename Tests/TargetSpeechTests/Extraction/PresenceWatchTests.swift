import AudioDSP
import Testing

@testable import TargetSpeech

@Suite struct PresenceWatchTests {
    /// The input times a factor, late by less than a chunk.
    private final class Gain: StreamProcessor {
        let sampleRate = 16_000, inputChannels = 2, outputChannels = 2, chunkLength = 128, latency = 64
        let factor: Float
        private var line = [[Float]](repeating: [Float](repeating: 0, count: 64), count: 2)

        init(_ factor: Float) { self.factor = factor }

        func prepare() {}

        func process(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
            for channel in 0..<2 {
                line[channel] += UnsafeBufferPointer(start: input + channel * 128, count: 128)
                for index in 0..<128 { output[channel * 128 + index] = factor * line[channel][index] }
                line[channel].removeFirst(128)
            }
        }

        func reset() {}
    }

    private func run(_ watch: PresenceWatch, seconds: Int) throws -> [Float] {
        try watch.prepare()
        var result: [Float] = [], output = [Float](repeating: 0, count: 256)
        for chunk in 0..<seconds * 125 {
            let input = (0..<256).map { Float((chunk &* 256 &+ $0) &* 7_919 % 2_000) / 10_000 - 0.1 }
            watch.process(input, &output)
            result += output
        }
        return result
    }

    @Test func outputIsTheProcessors() throws {
        let plain = Gain(0.5), watch = try PresenceWatch(Gain(0.5))
        var expected: [Float] = [], output = [Float](repeating: 0, count: 256)
        for chunk in 0..<125 {
            plain.process((0..<256).map { Float((chunk &* 256 &+ $0) &* 7_919 % 2_000) / 10_000 - 0.1 }, &output)
            expected += output
        }
        #expect(try run(watch, seconds: 1) == expected)
        #expect(watch.latency == 64)
    }

    /// Input and output are compared in time: the ratio is the gain.
    @Test(arguments: [(Float(0.5), TargetPresence.State.present), (0.01, .absent)])
    func verdict(_ factor: Float, _ state: TargetPresence.State) throws {
        let watch = try PresenceWatch(Gain(factor))
        _ = try run(watch, seconds: 5)
        #expect(watch.state == state && watch.verdict.state == state)
        let ratio = try #require(watch.verdict.levelRatio)
        #expect(abs(ratio - 20 * Double(factor == 0.5 ? -0.30103 : -2)) < 0.05)
        watch.reset()
        #expect(watch.state == .unknown && watch.verdict.state == .unknown)
    }
}
