import AudioDSP
import AudioEmbeddings
import Foundation
import NeuralCore
import Testing

@testable import Alignment

@Suite struct RewardSetTests {
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-rewards-\(UUID().uuidString)").path
        init() throws { try FileManager.default.createDirectory(atPath: path + "/refs", withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ yaml: String) throws -> String {
            try yaml.write(toFile: path + "/set.yaml", atomically: true, encoding: .utf8)
            return path + "/set.yaml"
        }
    }

    /// A reward with given numbers.
    private struct Fixed: ClipReward {
        var name = "fixed"
        var kind = RewardKind.instance
        var values: [ClipScore]
        func clipScores(of batch: ClipBatch) throws -> [ClipScore] { values }
    }

    private struct Counting: SetReward {
        let name = "count"
        func score(of batch: ClipBatch, members: [Int]) throws -> SetScore { SetScore(Score(Double(members.count))) }
    }

    private func fixed(_ values: [Double?], name: String = "fixed") -> Fixed {
        Fixed(name: name, values: values.map { $0.map { .score(Score($0)) } ?? .undefined("it is odd") })
    }

    private func batch(_ count: Int) -> ClipBatch { TestSounds.batch((0..<count).map { _ in AudioBuffer(channels: [[0.1]], sampleRate: 8_000) }) }

    @Test func aFileMakesItsRewards() throws {
        let folder = try Folder()
        for index in 0..<3 { try AudioFile.write(TestSounds.noise(2, seed: UInt64(index)), to: folder.path + "/refs/\(index).wav", format: .wavFloat) }
        let path = try folder.write(
            """
            name: studio
            undefined: drop
            rewards:
              - reward: per-song-fad
                reference: refs
                weight: 2
                standardize: {mean: -50, deviation: 10}
                clip: [-3, 3]
              - {reward: vendi, name: variety, weight: 0.5}
              - ensemble: worst
                members:
                  - {reward: loudness, target: -20}
                  - {reward: silence, par: [0, -0.5]}
            """)
        let set = try RewardSetFile.read(path, context: RewardContext())
        #expect(set.name == "studio" && set.undefined == .drop && set.kind == .distribution)
        #expect(set.terms.map(\.reward.name) == ["per-song-fad", "variety", "ensemble"] && set.terms.map(\.weight) == [2, 0.5, 1])
        let clips = TestSounds.batch([TestSounds.noise(2, seed: 9), TestSounds.tone(300, 2)])
        let report = try set.report(on: clips)
        let distance = try #require(report.clipScores[0]?[0].score)
        expectNear(distance.reward, min(max((-distance.measure + 50) / 10, -3), 3))
        let loudness = try #require(try LoudnessReward(target: -20).clipScores(of: clips)[1].reward)
        #expect(report.clipScores[2]?[1].reward == min(loudness, preferenceAsReward(0, references: [0, -0.5])))
        let variety = try report.setScores[1].get().score.reward
        let others = try report.setScores[0].get().score.reward * 2 + report.setScores[2].get().score.reward
        expectNear(try #require(report.total), others + 0.5 * variety)
        expectNear(report.totals[0]!, 2 * distance.reward + report.clipScores[2]![0].reward!)
        // Twice the same, and on one thread.
        let before = ComputeThreads.count
        defer { ComputeThreads.count = before }
        ComputeThreads.count = 1
        #expect(try set.report(on: TestSounds.batch([TestSounds.noise(2, seed: 9), TestSounds.tone(300, 2)])).total == report.total)
    }

    /// CASES C59: an undefined reward stops with the clip's name, or drops the clip with a count. It is never 0.
    @Test func undefinedRewardsAreNeverZero() throws {
        let rewards = [fixed([1, nil, 3]), fixed([10, 20, 30], name: "other")]
        let strict = RewardSet(terms: rewards.map { .init($0) } + [.init(Counting())])
        #expect(throws: AlignmentError.undefinedReward(reward: "fixed", clip: "clip 1", reason: "it is odd")) { try strict.report(on: batch(3)) }
        let lenient = RewardSet(terms: strict.terms, undefined: .drop)
        let report = try lenient.report(on: batch(3))
        #expect(report.kept == [0, 2] && report.totals == [11, nil, 33])
        #expect(report.total == 24.0)
        let nan = RewardSet(terms: [.init(ShapedReward(fixed([1, 2]), shaping: .init(standard: .init(mean: .nan, deviation: 1))))])
        #expect(throws: AlignmentError.self) { try nan.report(on: batch(2)) }
        let none = AlignmentError.undefinedSetReward(
            reward: "reward", reason: "no clip is left of 2; clip 0 has no fixed reward: it is odd")
        #expect(throws: none) { try RewardSet(terms: [.init(fixed([nil, nil]))], undefined: .drop).report(on: batch(2)) }
        let loose = try strict.report(on: batch(3), isStrict: false)
        #expect(loose.kept == [0, 2] && loose.totals[1] == nil)
    }

    @Test func aSetIsAReward() throws {
        let set = RewardSet(terms: [.init(fixed([1, 2]), weight: 2), .init(fixed([5, nil], name: "b"), weight: -1)])
        #expect(set.kind == .instance)
        #expect(try set.scores(of: batch(2)) == [.score(Score(-3)), .undefined("b: it is odd")])
        #expect(try set.score(of: batch(2), members: [0]).score.reward == -3)
        let mixed = RewardSet(terms: set.terms + [.init(Counting())])
        #expect(try mixed.kind == .distribution && mixed.scores(of: batch(2)) == nil)
        #expect(try mixed.score(of: batch(2), members: [0]).score.reward == -2)
    }

    @Test func ensemblesAskEveryMember() throws {
        let members = [fixed([1, 2, 0]), fixed([3, nil, 0], name: "b")]
        #expect(try EnsembleReward(members: members, rule: .worst).clipScores(of: batch(3)) == [.score(Score(1)), .undefined("b: it is odd"), .score(Score(0))])
        #expect(try EnsembleReward(members: members, rule: .uncertaintyWeighted(lambda: 1)).clipScores(of: batch(3))[0].reward == 1)
    }

    @Test(arguments: [
        ("", "it is empty"), ("[1]", "no list of settings"), ("rewards: []", "rewards must be a list"), ("rewards: {a: 1}", "rewards must be a list"),
        ("rewards: [{reward: magic}]", "magic, which is unknown"), ("rewards: [{}]", "reward is missing"),
        ("rewards: [{reward: vendi, ordre: 2}]", "ordre is unknown"), ("rewards: [{reward: vendi, weight: heavy}]", "weight must be a number"),
        ("rewards: [{reward: vendi, weight: .nan}]", "weight must be a number"), ("rewards: [{reward: vendi, order: 0}]", "order must be above 0"),
        ("rewards: [{reward: fad}]", "reference is missing"), ("rewards: [{reward: silence}]\nundefined: maybe", "stop or drop"),
        ("rewards: [{reward: silence}]\nextra: 1", "extra is unknown"), ("rewards: [{reward: silence}, {reward: silence}]", "two rewards called silence"),
        ("rewards: [{reward: silence, clip: [2, 1]}]", "lower one first"), ("rewards: [{reward: silence, clip: 3}]", "list of numbers"),
        ("rewards: [{reward: silence, standardize: {mean: 1}}]", "positive deviation"),
        ("rewards: [{reward: silence, standardize: {mean: 1, deviation: 1, sd: 2}}]", "sd is unknown"),
        ("rewards: [{reward: silence, par: []}]", "start policy"), ("rewards: [{ensemble: best, members: [{reward: silence}]}]", "mean, worst or uncertainty"),
        ("rewards: [{ensemble: mean, members: [{reward: vendi}]}]", "single clips do not have"),
        ("rewards: [{ensemble: mean, lambda: 1, members: [{reward: silence}]}]", "by uncertainty"),
        ("rewards: [{reward: tempo, bpm: 5000}]", "20 to 400"), ("rewards: [{reward: fad, reference: nowhere}]", "no reference folder"),
        ("a: b: c", "no YAML"), ("a: 1\na: 2", "no YAML"), ("&a [*a]", "no YAML"),
    ])
    func unsoundFilesAreExplained(_ yaml: String, _ words: String) throws {
        let folder = try Folder(), path = try folder.write(yaml)
        do {
            _ = try RewardSetFile.read(path, context: RewardContext())
            Issue.record("It was read: \(yaml)")
        } catch {
            #expect(error.localizedDescription.contains(words), "\(yaml): \(error.localizedDescription)")
            #expect(!error.localizedDescription.contains("\n"))
        }
    }

    /// A scorer takes the encoders that it was learned with, by `encoder` or by `encoders`.
    @Test func scorersNameTheirEncoders() throws {
        let folder = try Folder(), clips = TestSounds.batch((0..<3).map { TestSounds.noise(1, level: 0.1, seed: UInt64($0)) })
        let input = try ScorerInput(encoders: [SpectralStatisticsEncoder(), SpectralStatisticsEncoder()], readsPrompts: false)
        try LinearScorer(ratings: [1, 2, 3], embeddings: input.allValues(of: clips), penalty: 0.1, encoder: input.identity)
            .write(to: folder.path + "/taste.safetensors")
        func read(_ settings: String) throws -> RewardSet {
            try RewardSetFile.read(folder.write("rewards: [{reward: scorer, model: taste.safetensors\(settings)}]"), context: RewardContext())
        }
        #expect(try read(", encoders: [spectral, spectral]").report(on: clips).totals.allSatisfy { $0 != nil })
        for (settings, words) in [
            ("", "another encoder"), (", encoder: spectral", "another encoder"), (", encoders: [spectral]", "another encoder"),
            (", encoder: spectral, encoders: [spectral, spectral]", "encoder is unknown"), (", encoders: spectral", "list of encoders"),
            (", encoders: []", "list of encoders"), (", encoders: [[spectral]]", "list of encoders"), (", encoders: [magic]", "magic"),
        ] {
            #expect { try read(settings) } throws: { $0.localizedDescription.contains(words) }
        }
    }

    @Test func endlessFilesAreRefused() throws {
        let folder = try Folder()
        let bomb = "a: &a [{reward: silence}]\nb: &b [{ensemble: mean, members: *a}]\n" + "rewards:\n"
            + (0..<200).map { "  - {reward: silence, name: s\($0)}\n" }.joined()
        #expect(throws: AlignmentError.self) { try RewardSetFile.read(folder.write(bomb), context: RewardContext()) }
        var nested = "{reward: silence}"
        for _ in 0..<150 { nested = "{ensemble: mean, members: [\(nested)]}" }
        #expect(throws: AlignmentError.self) { try RewardSetFile.read(folder.write("rewards: [\(nested)]"), context: RewardContext()) }
        #expect(throws: AlignmentError.self) { try RewardSetFile.read(folder.path + "/none.yaml", context: RewardContext()) }
        #expect(throws: AlignmentError.self) { try RewardSetFile.named(["magic"], context: RewardContext()) }
    }
}
