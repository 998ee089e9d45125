import AudioDSP
import AudioMetrics
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Scene rendering against the published data pipeline: 1e-6, and 1e-3 LU.
@Suite struct BinauralParityTests {
    private static let sets = Fixture.all(in: "tsh/binaural")
    private let talkers = 3, rate = 16_000

    private func ears(_ fixture: Fixture, _ name: String) throws -> [[Float]] {
        let values = try fixture.floats(name), count = try fixture.shape(name)[1]
        return [Array(values.prefix(count)), Array(values.dropFirst(count))]
    }

    private func expectEars(
        _ actual: [[Float]], _ expected: [[Float]], absolute tolerance: Double, _ label: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(actual.count == expected.count, sourceLocation: sourceLocation)
        for (ear, pair) in zip(actual, expected).enumerated() {
            expectClose(pair.0, pair.1, absolute: tolerance, "\(label), ear \(ear)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: sets)
    func responsesAreResampled(_ fixture: Fixture) throws {
        for index in 0..<4 {
            let resampled = try ears(fixture, "hrir44.\(index)").map { try SincResampler.resample($0, from: 44_100, to: rate) }
            expectEars(resampled, try ears(fixture, "hrir16.\(index)"), absolute: 1e-6, "hrir16.\(index)")
        }
        let third = try ears(fixture, "hrir48").map { try SincResampler.resample($0, from: 48_000, to: rate) }
        expectEars(third, try ears(fixture, "hrir48to16"), absolute: 1e-6, "hrir48to16")
    }

    @Test(arguments: sets)
    func sourcesAreRendered(_ fixture: Fixture) throws {
        for index in 0..<talkers {
            let response = BinauralResponse(ears: try ears(fixture, "hrir16.\(index)"))
            expectEars(
                try response.render(try fixture.floats("mono.\(index)")), try ears(fixture, "binaural.\(index)"), absolute: 1e-6,
                "binaural.\(index)")
        }
        let noise = BinauralResponse(ears: try ears(fixture, "hrir16.3"))
        expectEars(
            try noise.render(try fixture.floats("mono.noise")), try ears(fixture, "binaural.noise"), absolute: 1e-6, "noise")
    }

    /// Every talker, then the noise times its factor.
    private func sources(_ fixture: Fixture) throws -> [[[Float]]] {
        let scale = Float(try #require(fixture.config["noise_scale"].double))
        return try (0..<talkers).map { try ears(fixture, "binaural.\($0)") } + [SceneSum.scaled(try ears(fixture, "binaural.noise"), by: scale)]
    }

    @Test(arguments: sets)
    func quietScenesAreLeftAlone(_ fixture: Fixture) throws {
        let mixture = SceneSum.add(try sources(fixture))
        #expect(SceneSum.divisor(for: mixture) == 1)
        #expect(abs(SceneSum.peak(mixture) - (try fixture.floats("scene.peak")[0])) < 1e-6)
        expectEars(mixture, try ears(fixture, "scene.mixture_quiet"), absolute: 1e-6, "mixture")
    }

    @Test(arguments: sets)
    func loudScenesAreDividedByTheirPeak(_ fixture: Fixture) throws {
        let gain = try fixture.floats("scene.pregain")[0]
        let sources = try sources(fixture).map { SceneSum.scaled($0, by: gain) }
        let mixture = SceneSum.add(sources), divisor = SceneSum.divisor(for: mixture)
        #expect(abs(divisor - (try fixture.floats("scene.peak_loud")[0])) < 1e-5)
        let target = SceneSum.scaled(sources[0], by: 1 / divisor)
        expectEars(SceneSum.scaled(mixture, by: 1 / divisor), try ears(fixture, "scene.mixture_loud"), absolute: 1e-6, "mixture")
        expectEars(target, try ears(fixture, "scene.target_loud"), absolute: 1e-6, "target")
    }

    @Test(arguments: sets)
    func earsAreCorrelated(_ fixture: Fixture) throws {
        let target = try ears(fixture, "scene.target_loud")
        let correlation = InterauralDelay.correlation(left: target[0], right: target[1], longest: 16)
        expectClose(correlation.map { Float($0) }, try fixture.floats("scene.xcorr"), relativeToPeak: 1e-5, "correlation")
        let shift = Int(try fixture.doubles("scene.tgt_shift")[0])
        #expect(InterauralDelay.measure(left: target[0], right: target[1]) == shift)
    }

    /// The mean over the ears of what the metric says, means removed, in both orders.
    @Test(arguments: sets)
    func mixturesHaveTheirRatio(_ fixture: Fixture) throws {
        let mixture = try ears(fixture, "scene.mixture_loud"), target = try ears(fixture, "scene.target_loud")
        func mean(_ references: [[Float]], _ estimates: [[Float]]) throws -> Double {
            try zip(references, estimates).reduce(0) {
                $0 + (try SignalRatio.siSDR(reference: $1.0, estimate: $1.1, removingMean: true).value ?? .nan) / 2
            }
        }
        let usual = Double(try fixture.floats("scene.si_snr_mixture_as_pred")[0])
        let swapped = Double(try fixture.floats("scene.si_snr_target_as_pred")[0])
        #expect(abs(try mean(target, mixture) - usual) < 2e-5)
        #expect(abs(try mean(mixture, target) - swapped) < 2e-5)
    }

    @Test(arguments: sets)
    func noiseSurroundsTheHead(_ fixture: Fixture) throws {
        let noise = try fixture.floats("mono.noise"), gains = try fixture.floats("noise3.gains")
        let responses = try (0..<3).map { BinauralResponse(ears: try ears(fixture, "hrir16.\($0)")) }
        let heard = try SurroundingNoise.render([noise, noise, noise], through: responses, gains: gains)
        expectEars(heard, try ears(fixture, "noise3.out"), absolute: 1e-6, "noise3")
    }

    @Test(arguments: sets)
    func restIsScaledToARatio(_ fixture: Fixture) throws {
        let sources = try sources(fixture)
        let rest = SceneSum.add(Array(sources.dropFirst()))
        for (name, ratio) in [("snr-5", -5.0), ("snr0", 0), ("snr7.5", 7.5)] {
            let gain = Float(try SceneSum.restGain(target: sources[0], rest: rest, ratio: ratio))
            #expect(abs(gain - (try fixture.floats("\(name).gain")[0])) < 1e-6, "\(name)")
            let scaled = SceneSum.scaled(rest, by: gain)
            expectEars(SceneSum.add([sources[0], scaled]), try ears(fixture, "\(name).mixture"), absolute: 1e-6, name)
            #expect(abs((SceneSum.ratio(target: sources[0], rest: scaled) ?? .nan) - ratio) < 1e-4)
        }
    }

    @Test(arguments: sets)
    func loudnessMatches(_ fixture: Fixture) throws {
        for index in 0..<talkers {
            let mono = try fixture.floats("mono.\(index)")
            let loudness = try Loudness.cookbook(mono, sampleRate: rate)
            #expect(abs(loudness - Double(try fixture.floats("lufs.\(index)")[0])) < 1e-3, "lufs.\(index): \(loudness)")
            let scaled = Level.scaled(mono, by: Level.gain(decibels: -25 + 20 - loudness))
            expectClose(scaled, try fixture.floats("lufs.\(index).scaled"), absolute: 1e-5, "lufs.\(index).scaled")
        }
        let short = Array(try fixture.floats("mono.0").prefix(3000))
        #expect(abs(try Loudness.cookbook(short, sampleRate: rate) - Double(try fixture.floats("lufs.short")[0])) < 1e-3)
    }
}
