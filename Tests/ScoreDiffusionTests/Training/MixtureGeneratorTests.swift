import AudioDSP
import Foundation
import NeuralCore
import Testing
import Training

@testable import ScoreDiffusion

@Suite struct MixtureGeneratorTests {
    private static func plain() -> MixtureSettings {
        var settings = MixtureSettings()
        (settings.filtering, settings.bandLimiting, settings.clean, settings.noiseOnly, settings.rooms) = (0, 0, 0, 0, 0)
        return settings
    }

    @Test func anExampleDependsOnSeedAndIndexAlone() throws {
        let generator = try Recordings.generator(MixtureSettings())
        let again = try Recordings.generator(MixtureSettings())
        for index in [0, 5, 1_000_003] {
            let (one, other) = (try generator.example(index), try again.example(index))
            #expect(one.noisy == other.noisy && one.clean == other.clean && one.recipe == other.recipe)
        }
        let otherSeed = try Recordings.generator(MixtureSettings(), seed: 4)
        #expect(try otherSeed.example(0).noisy != generator.example(0).noisy)
        #expect(try generator.example(1).noisy != generator.example(0).noisy)
    }

    @Test func hasTheSNRAndLevelThatTheRecipeStates() throws {
        let generator = try Recordings.generator(Self.plain())
        for index in 0..<40 {
            let mixture = try generator.example(index)
            let snr = try #require(mixture.recipe.snr)
            let noise = zip(mixture.noisy, mixture.clean).map { $0 - $1 }
            let level = Float(try #require(try ActiveSpeechLevel.measure(mixture.clean, sampleRate: 16000).active))
            let noiseLevel = 10 * log10(ActivityGate.power(of: noise[...]))
            // P.56 interpolates between thresholds 6 dB apart, so a gain moves its result by up to a few tenths more.
            #expect(abs(level - noiseLevel - snr) < 0.3, "example \(index): \(level - noiseLevel) dB, not \(snr)")
            #expect(abs(level - mixture.recipe.level) < 0.3)
            #expect((-5...20).contains(snr))
        }
    }

    @Test func neverClipsAndIsFinite() throws {
        var settings = MixtureSettings()
        settings.level = Interval(-6, -3)
        let generator = try Recordings.generator(settings)
        for index in 0..<40 {
            let mixture = try generator.example(index)
            #expect(mixture.noisy.count == generator.length && mixture.clean.count == generator.length)
            #expect(mixture.noisy.allSatisfy { $0.isFinite && abs($0) <= 1 })
            #expect(mixture.clean.allSatisfy { $0.isFinite && abs($0) <= 1 })
        }
    }

    @Test func aSceneChangeJoinsTwoScenesOfOneLevel() throws {
        var settings = Self.plain()
        let single = try Recordings.generator(settings)
        settings.sceneChange = 1
        let generator = try Recordings.generator(settings)
        for index in 0..<10 {
            let (mixture, first) = (try generator.example(index), try single.example(index))
            let position = try #require(mixture.recipe.sceneChange)
            #expect(mixture.noisy.count == generator.length && mixture.clean.count == generator.length)
            #expect((1..<generator.length).contains(position) && first.recipe.sceneChange == nil)
            #expect(mixture.noisy[..<position] == first.noisy[..<position])
            #expect(mixture.clean[..<position] == first.clean[..<position])
            #expect(mixture.noisy[position...] != first.noisy[position...])
        }
    }

    @Test func cleanPassagesAreTheirOwnTarget() throws {
        var settings = MixtureSettings()
        settings.clean = 1
        let generator = try Recordings.generator(settings)
        for index in 0..<10 {
            let mixture = try generator.example(index)
            #expect(mixture.noisy == mixture.clean && mixture.recipe.noiseKind == .none)
        }
    }

    @Test func noiseAloneHasASilentTarget() throws {
        var settings = MixtureSettings()
        (settings.clean, settings.noiseOnly) = (0, 1)
        let mixture = try Recordings.generator(settings).example(0)
        #expect(mixture.clean.allSatisfy { $0 == 0 } && mixture.noisy.contains { $0 != 0 } && mixture.recipe.speaker == nil)
    }

    @Test func babbleIsMadeOfOtherSpeakers() throws {
        var settings = Self.plain()
        (settings.babble, settings.colouredNoise, settings.babbleTalkers) = (1, 0, Interval(2, 3))
        let generator = try Recordings.generator(settings)
        for index in 0..<20 {
            let recipe = try generator.example(index).recipe
            #expect(recipe.noiseKind == .babble && (2...3).contains(recipe.noises.count))
            #expect(!recipe.noises.contains(recipe.speaker ?? ""))
        }
    }

    @Test func sharesFollowTheSettings() throws {
        var settings = MixtureSettings()
        (settings.babble, settings.colouredNoise, settings.secondNoise, settings.clean) = (0.3, 0.2, 0.5, 0.1)
        settings.seconds = 0.25
        let generator = try Recordings.generator(settings)
        let recipes = try (0..<600).map { try generator.example($0).recipe }
        func share(_ kind: MixtureRecipe.NoiseKind) -> Double { Double(recipes.count { $0.noiseKind == kind }) / 600 }
        // Three standard deviations of a share of 600 draws are at most 0.061.
        #expect(abs(share(.none) - 0.1) < 0.06)
        #expect(abs(share(.babble) - 0.27) < 0.06)
        #expect(abs(share(.coloured) - 0.18) < 0.06)
        #expect(abs(share(.twoRecordings) - 0.225) < 0.06)
    }
}

@Suite struct SpeedChangeTests {
    @Test(arguments: [Float(0.8), 0.9, 0.97, 1, 1.05, 1.25])
    func shiftsTheFrequencyAndKeepsTheAmplitude(speed: Float) {
        let count = 8000, frequency: Float = 0.05
        let source = (0..<SpeedChange.sourceLength(for: count, speed: speed)).map { sin(2 * .pi * frequency * Float($0)) }
        let output = SpeedChange.apply(source, speed: speed, count: count)
        let start = Double(SpeedChange.halfWidth - 1)
        let expected = (0..<count).map {
            Float(sin(2 * Double.pi * Double(frequency) * (Double($0) * Double(speed) + start)))
        }
        let error = zip(output, expected).map { ($0 - $1) * ($0 - $1) }.reduce(0, +) / Float(count)
        #expect(error < 1e-5)
    }

    @Test func removesWhatTheNewRateCannotHold() {
        let count = 4000
        let source = (0..<SpeedChange.sourceLength(for: count, speed: 1.25)).map { sin(2 * .pi * 0.47 * Float($0)) }
        let output = SpeedChange.apply(source, speed: 1.25, count: count)
        // 0.47 of the old rate would fold to 0.41 of the new one; the short filter leaves less than -20 dB of it.
        #expect(ActivityGate.power(of: output[...]) < 0.5 * 0.01)
    }
}
