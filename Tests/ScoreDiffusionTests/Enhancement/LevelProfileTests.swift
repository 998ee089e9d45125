import Foundation
import Testing

@testable import ScoreDiffusion

@Suite struct LevelProfileTests {
    private func profile(_ samples: [Float], rate: Int = 16_000, pieces: Int = 777) -> LevelProfile {
        var meter = LevelProfile.Meter(sampleRate: rate)
        for start in stride(from: 0, to: samples.count, by: pieces) {
            meter.add(Array(samples[start..<min(start + pieces, samples.count)]))
        }
        return meter.profile()
    }

    /// Steady sound of any level, with any offset, is brought to a root mean square of 1.
    @Test(arguments: [Float(1e-6), 0.01, 1, 1e6], [Float(0), 3]) func steadySound(_ level: Float, _ offset: Float) {
        let samples = testNoise(100_000, level: level)
        let profile = profile(samples.map { $0 + offset * level })
        #expect(abs(profile.mean / Double(level) - Double(offset)) < 0.02)
        let gains = profile.gains(from: 0, count: samples.count, sampleRate: 16_000)
        let leveled = zip(withoutMean(samples), gains).map { $0 * $1 }
        #expect(abs(meanSquare(leveled) - 1) < 0.01)
        #expect(abs(profile.level * Double(gains[50_000]) - 1) < 0.02)
    }

    @Test func piecesDoNotMatter() {
        let samples = testNoise(50_000)
        let whole = profile(samples, pieces: 50_000), cut = profile(samples, pieces: 1)
        #expect(whole.gains(from: 0, count: 50_000, sampleRate: 16_000) == cut.gains(from: 0, count: 50_000, sampleRate: 16_000))
    }

    /// A loud beginning does not decide over a quiet rest, and quiet passages are lifted by 30 dB at most.
    @Test func gainFollowsTheLevel() {
        let samples = testNoise(16_000 * 20, level: 1) + testNoise(16_000 * 40, level: 0.1) + testNoise(16_000 * 40, level: 1e-4)
        let gains = profile(samples).gains(from: 0, count: samples.count, sampleRate: 16_000)
        func level(at second: Int, of sound: Float) -> Double {
            20 * log10(Double(gains[second * 16_000] * sound) / 3.0.squareRoot())
        }
        #expect(abs(level(at: 5, of: 1)) < 1)
        #expect(abs(level(at: 40, of: 0.1)) < 1)
        let power = meanSquare(samples)
        #expect(abs(20 * log10(Double(gains[80 * 16_000])) + 10 * log10(power) - 30) < 0.5)
        // No jumps: at most 2 dB in 100 ms.
        for index in stride(from: 1_600, to: gains.count, by: 1_600) {
            #expect(abs(20 * log10(gains[index] / gains[index - 1_600])) < 2)
        }
    }

    @Test(arguments: [Float(0), 0.5, -1e-30, 1e20]) func constantsAreSilence(_ value: Float) {
        let profile = profile([Float](repeating: value, count: 20_000))
        #expect(profile.isSilent)
        #expect(abs(profile.mean - Double(value)) <= 1e-6 * Double(abs(value)))
    }

    @Test func nothingIsSilence() {
        #expect(profile([]).isSilent)
        #expect(profile([0.3]).isSilent)
    }
}
