import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Linked channels: one level, one gain above the model's band, the same random numbers.
@Suite struct LinkedChannelsTests {
    private func enhance(
        _ channels: [[Float]], rate: Int = 16_000, linked: Bool, model: some SpeechModel
    ) throws -> [[Float]] {
        var options = SpeechEnhancer.Options()
        options.linksChannels = linked
        return try SpeechEnhancer(model: model, options: options)
            .enhance(AudioBuffer(channels: channels, sampleRate: rate)).channels
    }

    /// A model that lets pass what lies above a threshold judges both channels at one level.
    @Test func oneLevel() throws {
        let gate = FunctionModel { $0.map { abs($0) > 0.3 ? $0 : 0 } }
        let left = testNoise(160_000), right = testNoise(160_000, seed: 2).map { $0 * 0.1 }
        let apart = try enhance([left, right], linked: false, model: gate)
        let linked = try enhance([left, right], linked: true, model: gate)
        #expect(meanSquare(apart[1]) > 0.5 * meanSquare(right))
        // The quiet channel stays below the threshold that the loud one sets.
        #expect(meanSquare(linked[1]) == 0)
        #expect(meanSquare(linked[0]) > 0.5 * meanSquare(left))
    }

    /// An average over the channels that sound: the same channel twice, or beside silence, is as it is alone.
    @Test func equalAndSilentChannels() throws {
        let compressor = FunctionModel { $0.map { $0 / (1 + abs($0)) } }
        let samples = testNoise(200_000), silence = [Float](repeating: 0, count: samples.count)
        let alone = try enhance([samples], linked: true, model: compressor)[0]
        let twice = try enhance([samples, samples], linked: true, model: compressor)
        #expect(twice[0] == twice[1])
        expectClose(twice[0], alone, relativeL2: 1e-6)
        let beside = try enhance([silence, samples], linked: true, model: compressor)
        #expect(beside[0] == silence)
        expectClose(beside[1], alone, relativeL2: 1e-6)
    }

    /// What is equal in two channels stays equal although the model draws random numbers.
    @Test func sameRandomNumbers() throws {
        let dither = FunctionModel(alignment: 256) { samples, noise in
            var draws = noise.frames(hopLength: 256)
            let random = draws.next(shape: [1, samples.count / 256 + 1, 256, 1]).values
            return zip(samples, random).map { $0 + $1 }
        }
        let samples = testNoise(64_000)
        let linked = try enhance([samples, samples], linked: true, model: dither)
        #expect(linked[0] == linked[1])
        let apart = try enhance([samples, samples], linked: false, model: dither)
        #expect(apart[0] != apart[1] && apart[0] == linked[0])
    }

    /// The gain above the model's band is that of both channels' power together: a tone up there is lowered alike.
    @Test func oneGainAboveTheBand() throws {
        let rate = 48_000, tone = (0..<2 * rate).map { 2 * Double.pi * 15_000 * Double($0) / Double(rate) }
        func channel(_ level: Float, seed: UInt64) throws -> [Float] {
            let noise = try Resampler.resample(testNoise(32_000, level: level, seed: seed), from: 16_000, to: rate)
            return zip(tone, noise).map { Float(0.1 * sin($0)) + $1 }
        }
        func amplitude(_ samples: [Float]) -> Double {
            let inner = rate / 2..<rate * 3 / 2
            let parts = inner.map { (Double(samples[$0]) * sin(tone[$0]), Double(samples[$0]) * cos(tone[$0])) }
            return 2 * hypot(parts.reduce(0) { $0 + $1.0 }, parts.reduce(0) { $0 + $1.1 }) / Double(rate)
        }
        let gate = FunctionModel { $0.map { abs($0) > 0.3 ? $0 : 0 } }
        let channels = [try channel(0.1, seed: 1), try channel(0.02, seed: 2)]
        let linked = try enhance(channels, rate: rate, linked: true, model: gate).map(amplitude)
        #expect(linked[0] > 0.05 && abs(linked[0] - linked[1]) < 1e-3 * linked[0], "\(linked)")
    }

    /// Models that want the peak at 1 get the peak of all channels there.
    @Test func onePeak() throws {
        struct Peaks: SpeechModel {
            var sampleRate = 16_000, defaultSteps = 1, frameAlignment = 1
            var preparation: SignalPreparation { .peak }
            func enhance(
                _ waveform: [Float], steps: Int, noise: SegmentNoise, onStep: (Int) throws -> Void
            ) -> [Float] { waveform.map { abs($0) > 0.5 ? $0 : 0 } }
        }
        let left = (0..<1_000).map { $0 % 2 == 0 ? 0.2 as Float : -0.2 } + [0.8]
        let right = (0..<1_001).map { $0 % 2 == 0 ? 0.3 as Float : -0.3 }
        expectClose(try enhance([left, right], linked: false, model: Peaks())[1], right, relativeL2: 1e-6)
        #expect(try enhance([left, right], linked: true, model: Peaks())[1].allSatisfy { $0 == 0 })
    }
}
