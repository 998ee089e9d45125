import AudioDSP
import AudioEmbeddings
import AudioMetrics
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import Alignment

/// Sounds to be judged.
enum TestSounds {
    static func noise(_ seconds: Double, level: Float = 0.1, seed: UInt64) -> AudioBuffer {
        var rng = Philox(seed: seed)
        return AudioBuffer(channels: [Tensor.gaussian([Int(seconds * 32_000)], using: &rng).values.map { $0 * level }], sampleRate: 32_000)
    }

    static func tone(_ frequency: Double, _ seconds: Double, level: Double = 0.2) -> AudioBuffer {
        AudioBuffer(
            channels: [(0..<Int(seconds * 32_000)).map { Float(level * sin(2 * Double.pi * frequency * Double($0) / 32_000)) }], sampleRate: 32_000)
    }

    /// Short decaying bursts of noise, one a beat, every fourth louder.
    static func clicks(bpm: Double, _ seconds: Double, seed: UInt64 = 1) -> AudioBuffer {
        var rng = Philox(seed: seed)
        var samples = Tensor.gaussian([Int(seconds * 32_000)], using: &rng).values.map { $0 * 0.003 }
        var beat = 0
        while true {
            let start = Int(Double(beat) * 60 / bpm * 32_000)
            guard start < samples.count else { break }
            for offset in 0..<min(3_200, samples.count - start) {
                samples[start + offset] += (beat % 4 == 0 ? 0.5 : 0.35) * rng.nextGaussian() * Float(exp(-Double(offset) / 600))
            }
            beat += 1
        }
        return AudioBuffer(channels: [samples], sampleRate: 32_000)
    }

    static func batch(_ sounds: [AudioBuffer], prompt: String? = nil) -> ClipBatch {
        ClipBatch(sounds.enumerated().map { Clip(name: "clip \($0)", source: .sound($1), prompt: prompt) })
    }
}

@Suite struct RewardTests {
    private let encoder = SpectralStatisticsEncoder()

    private func exemplars(_ sounds: [AudioBuffer]) throws -> Exemplars {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-exemplars-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        for (index, sound) in sounds.enumerated() { try AudioFile.write(sound, to: scratch.appendingPathComponent("\(index).wav").path, format: .wavFloat) }
        return try Exemplars(scratch.path, encoder: encoder, cache: EmbeddingCache(folder: nil))
    }

    /// The three kinds order sounds as they should: noises are near noises.
    @Test func distancesPreferWhatIsLikeTheReference() throws {
        let reference = try exemplars((0..<6).map { TestSounds.noise(2, seed: 100 + $0) })
        #expect(reference.embeddings.count == 18 && reference.summaries.count == 6)
        let noises = (0..<3).map { TestSounds.noise(2, seed: 200 + $0) }, tones = (0..<3).map { TestSounds.tone(300 + 100 * Double($0), 2) }
        let batch = TestSounds.batch(noises + tones)
        let perSong = try PerSongFrechetReward(encoder: encoder, exemplars: reference)
        let scores = try perSong.clipScores(of: batch).compactMap(\.reward)
        #expect(scores.count == 6 && scores[..<3].min()! > scores[3...].max()!)
        #expect(try perSong.clipScores(of: batch)[0].score.map { $0.measure == -$0.reward } == true)
        for reward in [
            try FrechetReward(encoder: encoder, exemplars: reference), try KernelReward(encoder: encoder, exemplars: reference),
            try KernelReward(encoder: encoder, exemplars: reference, measure: .squaredMMD(.biased)),
        ] as [any Reward] {
            let near = try reward.score(of: batch, members: [0, 1, 2]), far = try reward.score(of: batch, members: [3, 4, 5])
            #expect(near.score.reward > far.score.reward && reward.kind == .distribution)
            #expect(try reward.scores(of: batch) == nil)
            #expect(!near.warnings.isEmpty)
        }
        let exemplar = CLAPReward(encoder: encoder, target: .exemplars(reference))
        #expect(exemplar.kind == .instanceToDistribution)
        let cosines = try exemplar.clipScores(of: batch).compactMap(\.reward)
        #expect(cosines[..<3].min()! > cosines[3...].max()! && cosines.allSatisfy { abs($0) <= 1 })
    }

    @Test func distancesAreThoseOfTheSets() throws {
        let sounds = (0..<4).map { TestSounds.noise(2, seed: 300 + $0) }
        let reference = try exemplars((0..<5).map { TestSounds.noise(2, level: 0.05, seed: 400 + $0) })
        let batch = TestSounds.batch(sounds)
        let set = try EmbeddingSet(Tensor.concatenated([1, 3].map { try encoder.embeddings(of: sounds[$0]) }, axis: 0))
        let fad = try FrechetReward(encoder: encoder, exemplars: reference).score(of: batch, members: [1, 3])
        #expect(fad.score.measure == (try FrechetDistance.between(set, reference.embeddings).value))
        let kad = try KernelReward(encoder: encoder, exemplars: reference).score(of: batch, members: [1, 3])
        expectNear(kad.score.measure, try KernelDistance.kernelAudioDistance(of: set, reference: reference.embeddings).value)
    }

    /// Sums over clips are those over the stretches of the clips together, repeated ones too.
    @Test(arguments: [KernelDistance.Estimator.unbiased, .biased]) func kernelSumsAreThoseOfUnions(_ estimator: KernelDistance.Estimator) throws {
        let reference = try exemplars((0..<5).map { TestSounds.noise(2, level: 0.05, seed: 400 + $0) }).embeddings
        let groups = try (0..<4).map { try EmbeddingSet(encoder.embeddings(of: TestSounds.noise(1 + 0.5 * Double($0), seed: 300 + UInt64($0)))) }
        for kernel in [EmbeddingKernel.gaussian(bandwidth: 5), .inverseMultiquadric(bandwidth: 3), .polynomial(degree: 2), .cosine] {
            let sums = try KernelSums(groups, reference: KernelReference(reference, kernel: kernel))
            for members in [[2], [0, 3], [0, 1, 2, 3], [3, 1, 3]] {
                let union = try EmbeddingSet(
                    members.flatMap { groups[$0].values }, count: members.reduce(0) { $0 + groups[$1].count }, dimension: reference.dimension)
                let whole = try KernelDistance.squaredMMD(union, reference, kernel: kernel, estimator: estimator)
                let value = try sums.squaredMMD(of: members, estimator: estimator).value
                #expect(abs(value - whole.value) <= 1e-10 * max(1, abs(whole.value)), "\(kernel), \(members): \(value), \(whole.value)")
            }
        }
        let single = try KernelSums([try groups[0].selecting([0])], reference: KernelReference(reference, kernel: .cosine))
        #expect(throws: EmbeddingError.self) { try single.squaredMMD(of: [0], estimator: .unbiased) }
        #expect(throws: EmbeddingError.self) { try single.squaredMMD(of: [], estimator: .biased) }
    }

    /// CASES C51.
    @Test func diversityCountsDifferentClips() throws {
        let vendi = VendiReward(encoder: encoder), one = TestSounds.noise(1, seed: 1)
        let copies = TestSounds.batch([AudioBuffer](repeating: one, count: 10))
        expectNear(try vendi.score(of: copies, members: Array(0..<10)).score.measure, 1, relative: 1e-9)
        #expect(try vendi.score(of: copies, members: [0]).score.measure == 1)
        let tones = (1...5).map { TestSounds.tone(200 * Double($0), 1) }, noises = (1...5).map { TestSounds.noise(1, seed: UInt64($0)) }
        let different = TestSounds.batch(tones + noises)
        let score = try vendi.score(of: different, members: Array(0..<10)).score.measure
        #expect(score > 1.05 && score <= 10)
    }

    @Test func levelsAreChecked() throws {
        let half = AudioBuffer(channels: [[Float](repeating: 0, count: 32_000) + TestSounds.noise(1, seed: 2).channels[0]], sampleRate: 32_000)
        let loud = AudioBuffer(channels: [TestSounds.tone(440, 1, level: 4).channels[0].map { min(max($0, -1), 1) }], sampleRate: 32_000)
        let silent = AudioBuffer(channels: [[Float](repeating: 0, count: 32_000)], sampleRate: 32_000)
        let short = AudioBuffer(channels: [[0.5]], sampleRate: 32_000)
        let batch = TestSounds.batch([half, loud, silent, short])
        let silence = try SilenceReward().clipScores(of: batch).map { $0.score?.measure }
        #expect(silence == [0.5, 0, 1, 0])
        let clipping = try ClippingReward().clipScores(of: batch).map { $0.score?.measure ?? -1 }
        #expect(clipping[0] == 0 && clipping[1] > 0.5 && clipping[2] == 0 && clipping[3] == 0)
        let loudness = try LoudnessReward(target: -20, tolerance: 1).clipScores(of: batch)
        let measured = try Loudness.integrated(half.channels, sampleRate: 32_000)
        #expect(loudness[0] == .score(Score(measure: measured, reward: -max(0, abs(measured + 20) - 1))))
        #expect(loudness[2].reason == "it is silent" && loudness[3].reason != nil)
        #expect(throws: AlignmentError.undefinedReward(reward: "loudness", clip: "clip 2", reason: "it is silent")) {
            try LoudnessReward().score(of: batch, members: [0, 2])
        }
    }

    @Test(arguments: [62.0, 75, 90, 103, 120, 128, 140, 174])
    func tempoIsFound(_ bpm: Double) throws {
        let found = try #require(try TempoEstimator()(TestSounds.clicks(bpm: bpm, 12)))
        let octave = log2(found.beatsPerMinute / bpm)
        #expect(abs(octave - octave.rounded()) < 0.02 && abs(octave) < 1.02, "\(found)")
        let batch = TestSounds.batch([TestSounds.clicks(bpm: bpm, 12)], prompt: "house at \(Int(bpm)) BPM")
        #expect(try #require(try TempoReward().clipScores(of: batch)[0].reward) > -0.02)
        #expect(try #require(try TempoReward(target: bpm * 1.4).clipScores(of: batch)[0].reward) < -0.2)
    }

    @Test func noiseHasNoTempo() throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            #expect(try TempoEstimator()(TestSounds.noise(10, seed: seed)) == nil)
        }
        #expect(try TempoEstimator()(TestSounds.clicks(bpm: 120, 2)) == nil)
        #expect(try TempoEstimator()(AudioBuffer(channels: [[Float](repeating: 0, count: 320_000)], sampleRate: 32_000)) == nil)
        let scores = try TempoReward().clipScores(of: TestSounds.batch([TestSounds.noise(5, seed: 1)], prompt: "calm"))
        #expect(scores[0].reason?.contains("names no tempo") == true)
    }

    @Test func shapingIsInOrder() {
        let shaping = RewardShaping(standard: .init(mean: 2, deviation: 4), references: [2, 6], bounds: 0...0.6)
        // (6 − 2)/4 = 1 against 0 and 1.
        expectNear(RewardShaping(standard: .init(mean: 2, deviation: 4), references: [2, 6])(6), (1 / (1 + exp(-1)) + 0.5) / 2)
        #expect(shaping(6) == 0.6 && shaping(-100) >= 0)
        #expect(RewardShaping(bounds: -1...1)(7) == 1 && RewardShaping()(7) == 7)
    }

    @Test func comparisonsTellWhatIsRedundant() throws {
        let a = [1.0, 5, 2, 8, 3, 9]
        #expect(try RewardComparison(a, a.map { 3 * $0 + 7 }).distance < 1e-7)
        #expect(try RewardComparison(a, a.map { exp($0) }).rankCorrelation == 1)
        let opposite = try RewardComparison(a, a.map { -$0 })
        expectNear([opposite.rankCorrelation, opposite.distance], [-1, 1])
        // What depends on the prompt alone changes nothing.
        let groups = ["p", "p", "q", "q", "r", "r"]
        let shaped = zip(a, [100.0, 100, -50, -50, 7, 7]).map { 2 * $0 + $1 }
        #expect(try RewardComparison(a, shaped, groups: groups).distance < 1e-6)
        #expect(try RewardComparison(a, shaped).distance > 0.1)
        #expect(RewardComparison.ranks([5, 1, 5, 0]) == [2.5, 1, 2.5, 0])
        let holes = try RewardComparison([1, nil, 2, 3, .nan], [2, 5, 4, 6, 1])
        #expect(holes.count == 3 && holes.rankCorrelation == 1)
        #expect(throws: AlignmentError.self) { try RewardComparison([1, 1], [1, 2]) }
        #expect(throws: AlignmentError.self) { try RewardComparison([1], [2]) }
    }
}
