import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

@Suite struct SpeechEnhancerTests {
    static let lengths = [1, 2, 127, 128, 129, 255, 256, 257, 510, 511, 512, 15_999, 16_001, 32_767, 65_537, 300_000]
    static let rates = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 192_000]

    private func enhance(
        _ samples: [Float], rate: Int = 16_000, model: FunctionModel = .identity,
        _ change: (inout SpeechEnhancer.Options) -> Void = { _ in }
    ) throws -> [Float] {
        var options = SpeechEnhancer.Options()
        change(&options)
        let result = try SpeechEnhancer(model: model, options: options)
            .enhance(AudioBuffer(channels: [samples], sampleRate: rate))
        #expect(result.sampleRate == options.outputRate ?? rate)
        return result.channels[0]
    }

    @Test(arguments: rates) func lengthIsKept(_ rate: Int) throws {
        for length in Self.lengths {
            let output = try enhance(testNoise(length), rate: rate)
            #expect(output.count == length)
            #expect(output.allSatisfy { $0.isFinite })
        }
    }

    /// A model that changes nothing gives the input back: no delay, no change of level, no seam, and above the
    /// model's band nothing is lost.
    @Test(arguments: [16_000, 22_050, 44_100, 48_000, 192_000]) func identity(_ rate: Int) throws {
        let samples = withoutMean(testNoise(rate * 20 + 77))
        expectClose(try enhance(samples, rate: rate), samples, relativeL2: 1e-4)
    }

    /// Below the model's rate the band edge passes two resamplers; a tone in the band comes back as it was.
    @Test(arguments: [8_000, 11_025]) func identityAtLowRates(_ rate: Int) throws {
        let tone = (0..<rate * 3).map { Float(0.5 * sin(2 * .pi * 1_000 * Double($0) / Double(rate))) }
        let output = try enhance(tone, rate: rate)
        let inner = rate / 10..<tone.count - rate / 10
        expectClose(Array(output[inner]), Array(tone[inner]), absolute: 1e-3)
    }

    /// What lies above the model's band goes where the model's highest band goes.
    @Test func highBandFollowsTheModel() throws {
        let rate = 48_000
        let high = (0..<rate * 4).map { Float(0.1 * sin(2 * .pi * 15_000 * Double($0) / Double(rate))) }
        let hiss = try Resampler.resample(testNoise(64_000), from: 16_000, to: rate)
        let samples = zip(high, hiss).map { $0 + $1 }
        let tenth = FunctionModel { $0.map { $0 * 0.1 } }
        let output = try enhance(samples, rate: rate, model: tenth)
        let inner = rate..<3 * rate
        let expected = samples.map { $0 * 0.1 }
        expectClose(Array(output[inner]), Array(expected[inner]), relativeL2: 0.01)
        let silent = try enhance(samples, rate: rate, model: .silence)
        #expect(meanSquare(silent[inner]) < 1e-8 * meanSquare(samples[inner]))
    }

    @Test(arguments: [3.0, 12, 40]) func attenuationLimitKeepsThatMuch(_ limit: Double) throws {
        for rate in [8_000, 16_000, 48_000] {
            let samples = testNoise(rate * 2)
            let output = try enhance(samples, rate: rate, model: .silence) { $0.attenuationLimit = limit }
            let kept = Float(pow(10, -limit / 20))
            expectClose(output, samples.map { $0 * kept }, relativeL2: 1e-4)
        }
    }

    /// A model that reacts to the level sees the same level whatever the recording's.
    @Test func levelDoesNotMatter() throws {
        let compressor = FunctionModel { $0.map { $0 / (1 + abs($0)) } }
        let samples = testNoise(200_000)
        let reference = try enhance(samples, model: compressor)
        for gain: Float in [1e-3, 1e-2, 0.1, 100] {
            let output = try enhance(samples.map { $0 * gain }, model: compressor)
            expectClose(output.map { $0 / gain }, reference, relativeL2: 1e-5)
        }
    }

    @Test func silenceStaysSilent() throws {
        // Adds a tone of its own, whatever it hears.
        let babbler = FunctionModel { samples in
            samples.enumerated().map { $0.element + sin(Float($0.offset % 16) * .pi / 8) }
        }
        #expect(try enhance([Float](repeating: 0, count: 50_000), model: babbler).allSatisfy { $0 == 0 })
        var gap = testNoise(160_000)
        for index in 60_000..<100_000 { gap[index] = 0 }
        for rate in [8_000, 16_000, 48_000] {
            let output = try enhance(gap, rate: rate, model: babbler)
            // Resamplers ring for a moment.
            let inner = rate == 16_000 ? 60_300..<99_700 : 64_000..<96_000
            #expect(output[inner].allSatisfy { abs($0) < (rate == 16_000 ? 1e-9 : 1e-6) })
            #expect(meanSquare(output[20_000..<50_000]) > 1e-4)
        }
    }

    @Test(arguments: rates) func constantsAndSingleSamples(_ rate: Int) throws {
        for samples in [[Float](repeating: 0.7, count: 10_000), [0.25], [0.25, -0.5], [1e30, -1e30, 1e30]] {
            let output = try enhance(samples, rate: rate)
            #expect(output.count == samples.count)
            #expect(output.allSatisfy { $0.isFinite })
        }
    }

    /// Segments and channels draw different random numbers, the same ones for the same seed.
    @Test func randomNumbersBelongToSegments() throws {
        let model = FunctionModel(alignment: 256) { samples, noise in
            var rng = Philox(seed: noise.seed, stream: UInt64(noise.channel) << 40 | UInt64(noise.start))
            return samples.map { _ in rng.nextUniform() - 0.5 }
        }
        let samples = testNoise(16_000 * 50)
        var options = SpeechEnhancer.Options()
        options.seed = 7
        let stereo = AudioBuffer(channels: [samples, samples], sampleRate: 16_000)
        let first = try SpeechEnhancer(model: model, options: options).enhance(stereo)
        #expect(try SpeechEnhancer(model: model, options: options).enhance(stereo) == first)
        #expect(first.channels[0] != first.channels[1])
        #expect(first.channels[0][0..<1_000] != first.channels[0][640_000..<641_000])
        options.seed = 8
        #expect(try SpeechEnhancer(model: model, options: options).enhance(stereo) != first)
    }

    @Test func outputRate() throws {
        let samples = testNoise(48_000)
        let output = try enhance(samples, rate: 48_000) { $0.outputRate = 44_100 }
        #expect(output.count == 44_100)
        let expected = try Resampler.resample(withoutMean(samples), from: 48_000, to: 44_100)
        expectClose(output, expected, relativeL2: 1e-3)
    }

    @Test func refusals() throws {
        #expect(throws: AudioFileError.self) { try enhance([]) }
        for value: Float in [.nan, .infinity] {
            var samples = testNoise(16_000)
            samples[8_000] = value
            let error = #expect(throws: AudioFileError.self) { try enhance(samples) }
            #expect(error?.localizedDescription.contains("0.500 s (1 of 16,000 samples)") == true)
        }
        let broken = FunctionModel { $0.map { _ in .nan } }
        #expect(throws: EnhancementError.modelOverflow) { try enhance(testNoise(1_000), model: broken) }
    }

    @Test func cancelling() throws {
        struct Stop: Error {}
        let enhancer = SpeechEnhancer(model: FunctionModel.identity)
        let source = BufferSource(AudioBuffer(channels: [testNoise(16_000 * 60)], sampleRate: 16_000))
        var frames = 0
        #expect(throws: Stop.self) {
            try enhancer.enhance(source, onProgress: { if $0.frames > 0 { throw Stop() } }) { frames += $0.frameCount }
        }
        #expect((1..<16_000 * 60).contains(frames))
    }

    /// A recording that grows or shrinks between the passes is not cut or filled up silently.
    @Test(arguments: [-1, 1]) func recordingThatChanges(_ change: Int) throws {
        final class Changing: RecordingSource {
            let name = "growing.wav", sampleRate = 16_000, channelCount = 1
            var frames = 40_000, position = 0
            let change: Int
            init(_ change: Int) { self.change = change }
            func read(frames wanted: Int) -> AudioBuffer? {
                let count = min(wanted, frames - position)
                guard count > 0 else { return nil }
                position += count
                return AudioBuffer(channels: [testNoise(count)], sampleRate: sampleRate)
            }
            func rewind() { (position, frames) = (0, frames + change) }
        }
        #expect(throws: EnhancementError.recordingChanged(path: "growing.wav", first: 40_000, second: 40_000 + change)) {
            try SpeechEnhancer(model: FunctionModel.identity).enhance(Changing(change)) { _ in }
        }
    }
}
