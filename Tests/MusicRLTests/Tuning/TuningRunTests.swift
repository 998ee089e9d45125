import Alignment
import Foundation
import NeuralCore
import TestSupport
import Testing
import Training

@testable import MusicRL

/// Runs: interrupted ones, those that must stop, and what they report. CASES C58 to C64.
@Suite struct TuningRunTests {
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case dragon, dragonKTO, dragonOfExtremes, dragonInSegments, dragonOfSets, dragonExploring, rloo, grpo, ppo, dpo, kto
        var testDescription: String { rawValue }

        func settings(_ tiny: TinyPolicy) -> TuningConfiguration {
            var settings = tiny.settings
            (settings.samples, settings.prompts, settings.rounds) = (4, 2, 9)
            settings.evaluation.every = 3
            settings.checkpoints.steps = 2
            settings.optimization.updates = 2
            settings.gradient.targetDivergence = 0.1
            switch self {
            case .dragon: break
            case .dragonKTO: settings.dragon.loss = .kto
            case .dragonOfExtremes: settings.dragon.extremes = true
            case .dragonInSegments: (settings.dragon.segments, settings.dragon.labels, settings.dragon.extremes) = (2, .soft, true)
            case .dragonOfSets: (settings.prompts, settings.samples) = (4, 2)
            case .dragonExploring: (settings.dragon.exploration, settings.dragon.extremes) = (0.5, true)
            case .rloo: settings.method = .rloo
            case .grpo: settings.method = .grpo
            case .ppo: settings.method = .ppo
            case .dpo: settings.method = .dpo
            case .kto: settings.method = .kto
            }
            return settings
        }

        func material(_ tiny: TinyPolicy) -> TuningRunner.Material {
            var judge = FunctionJudge()
            if self == .dragonOfSets {
                // How different the clips of a set are.
                judge.kind = .distribution
                judge.setReward = { Double(Set($0.map(\.codes)).count) }
            }
            let order = tiny.clips.sorted { TinyPolicy.reward($0) > TinyPolicy.reward($1) }
            let set = PreferenceSet(choices: (1..<order.count).map { .init(chosen: order[$0 - 1], rejected: order[$0]) })
            return tiny.material(judge: judge, preferences: [.dpo, .kto].contains(self) ? set : nil)
        }
    }

    private func bytes(_ folder: String, _ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
    }

    /// Stopped after any round, and once more in the middle of a measurement, a run ends with the same log and weights.
    @Test(arguments: Way.allCases) func resumedRunsAreUnbrokenOnes(_ way: Way) throws {
        let tiny = try TinyPolicy(), settings = way.settings(tiny)
        try withFolder { whole in
            var runner = try tiny.runner(settings, folder: whole, material: way.material(tiny))
            #expect(try runner.run() == .finished(step: 9))
            let log = try bytes(whole, "log.jsonl"), weights = try bytes(whole, "model.safetensors")
            #expect(String(decoding: log, as: UTF8.self).split(separator: "\n").count == 9 + 4)
            try withFolder { broken in
                // Killed: what was not saved is lost, and made again.
                for stop in [1, 5, 8] {
                    let isFirst = stop == 1, asked = Counter()
                    var runner = try tiny.runner(settings, folder: broken, resuming: !isFirst, material: way.material(tiny))
                    var limits = TrainingLimits()
                    limits.shouldStop = { asked.next() > 23 * stop }
                    _ = try runner.run(limits: limits)
                    if stop == 5, let newest = try newestCheckpoint(broken) {
                        // A torn file is passed over.
                        try Data("torn".utf8).write(to: URL(fileURLWithPath: newest))
                    }
                }
                var last = try tiny.runner(settings, folder: broken, resuming: true, material: way.material(tiny))
                #expect(try last.run() == .finished(step: 9))
                #expect(try bytes(broken, "log.jsonl") == log)
                #expect(try bytes(broken, "model.safetensors") == weights)
            }
        }
    }

    private func newestCheckpoint(_ folder: String) throws -> String? {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("checkpoint-") }
        return names.count > 1 ? names.max().map { folder + "/" + $0 } : nil
    }

    private final class Counter: @unchecked Sendable {
        private var count = 0
        private let lock = NSLock()
        func next() -> Int { lock.withLock { count += 1; return count } }
    }

    /// Runs and returns all that was reported.
    private func events(
        _ tiny: TinyPolicy, _ settings: TuningConfiguration, _ material: TuningRunner.Material
    ) throws -> (outcome: TuningOutcome, notes: [String], rounds: [TuningRound], measurements: [TuningMeasurement]) {
        try withFolder { folder in
            var notes: [String] = [], rounds: [TuningRound] = [], measurements: [TuningMeasurement] = []
            var runner = try tiny.runner(settings, folder: folder, material: material) { event in
                switch event {
                case .note(let text): notes.append(text)
                case .round(let round, _): rounds.append(round)
                case .measurement(_, let measurement, _): measurements.append(measurement)
                default: break
                }
            }
            return (try runner.run(), notes, rounds, measurements)
        }
    }

    @Test(arguments: [TuningConfiguration.Method.dragon, .rloo, .grpo]) func constantRewardsEndTheRun(_ method: TuningConfiguration.Method) throws {
        let tiny = try TinyPolicy()
        var settings = Way.dragon.settings(tiny)
        (settings.method, settings.evaluation.roundsWithoutSignal) = (method, 3)
        if method != .dragon { settings.beta = 0 }
        var judge = FunctionJudge()
        judge.reward = { _ in 0.25 }
        let run = try events(tiny, settings, tiny.material(judge: judge))
        guard case .stopped(3, let reason) = run.outcome else {
            Issue.record("the outcome is \(run.outcome)")
            return
        }
        #expect(reason.contains("nothing to learn"))
        #expect(run.rounds.allSatisfy { $0.withoutSignal == 1 && $0.loss == nil })
        #expect(run.measurements.allSatisfy { $0.reward.winRate == 0.5 })
    }

    /// A reward that is no number ends the run with the clip's name, and what was learned before is saved.
    @Test func undefinedRewards() throws {
        let tiny = try TinyPolicy(), calls = Counter()
        var settings = Way.rloo.settings(tiny), judge = FunctionJudge()
        settings.checkpoints.steps = 0
        judge.reward = { clip in calls.next() > 60 ? Double.nan : TinyPolicy.reward(clip) }
        try withFolder { folder in
            do {
                var runner = try tiny.runner(settings, folder: folder, material: tiny.material(judge: judge))
                let error = #expect(throws: AlignmentError.self) { try runner.run() }
                let text = error?.localizedDescription ?? ""
                #expect(text.contains("clip") && text.contains("nan"), "\(text)")
                let step = try runner.folder.checkpoints.newest { _ in }?.step ?? 0
                #expect(step > 0 && step < 9)
            }
            var again = try tiny.runner(settings, folder: folder, resuming: true)
            #expect(try again.run() == .finished(step: 9))
        }
        // Where the rewards say so, such clips are dropped and counted.
        judge.reward = { $0.codes[0][0] == 0 ? nil : TinyPolicy.reward($0) }
        let run = try events(tiny, settings, tiny.material(judge: judge))
        #expect(run.rounds.contains { ($0.dropped ?? 0) > 0 })
    }

    @Test func divergenceBudget() throws {
        let tiny = try TinyPolicy()
        var settings = Way.rloo.settings(tiny)
        (settings.beta, settings.rounds, settings.evaluation.every) = (0, 100, 1)
        settings.gradient.targetDivergence = 0
        settings.evaluation.divergenceBudget = 0.3
        let run = try events(tiny, settings, tiny.material())
        guard case .stopped(let step, let reason) = run.outcome else {
            Issue.record("the outcome is \(run.outcome)")
            return
        }
        #expect(step < 100 && reason.contains("budget"))
        #expect(run.measurements.dropLast().allSatisfy { $0.divergence <= 0.3 })
        #expect(run.measurements.allSatisfy { $0.divergence >= 0 && $0.entropy >= 0 && $0.entropy <= log(3) + 1e-6 })
        #expect(run.measurements[0].divergence == 0)
    }

    /// The first loss is ln 2 and moves; unbalanced and one-sided labels stay finite; batches of one and three.
    @Test func firstLossAndBatches() throws {
        let tiny = try TinyPolicy()
        var settings = Way.dpo.settings(tiny)
        (settings.optimization.updates, settings.prompts, settings.rounds) = (1, 3, 20)
        let run = try events(tiny, settings, Way.dpo.material(tiny))
        expectNear(try #require(run.rounds[0].loss), log(2), absolute: 1e-5)
        #expect(try #require(run.rounds[19].loss) < log(2) - 0.05)
        let all = tiny.clips.map { PreferenceSet.Label(clip: $0, isDesirable: true) }
        let few = tiny.clips.enumerated().map { PreferenceSet.Label(clip: $1, isDesirable: $0 % 6 == 0) }
        for labels in [all, few] {
            for size in [1, 3] {
                settings = Way.kto.settings(tiny)
                settings.prompts = size
                let run = try events(tiny, settings, tiny.material(preferences: PreferenceSet(choices: [], labels: labels)))
                #expect(run.outcome == .finished(step: 9))
                #expect(run.rounds.allSatisfy { ($0.loss ?? .nan).isFinite })
            }
        }
    }

    /// Chosen clips whose probability falls are told; the likelihood term holds them.
    @Test func fallingLikelihood() throws {
        let tiny = try TinyPolicy()
        var settings = Way.dpo.settings(tiny)
        (settings.rounds, settings.optimization.learningRate, settings.beta) = (60, 0.02, 0.02)
        settings.preferences.warningFall = 1
        // Two clips that are nearly the same, both unlikely beside the others.
        let a = CodeSequence(prompt: 0, codes: [[0, 1]]), b = CodeSequence(prompt: 0, codes: [[0, 2]])
        let material = tiny.material(preferences: PreferenceSet(choices: [.init(chosen: a, rejected: b)]))
        let free = try events(tiny, settings, material)
        settings.preferences.likelihood = 1
        let held = try events(tiny, settings, material)
        let last = (try #require(free.rounds.last?.chosenChange), try #require(held.rounds.last?.chosenChange))
        #expect(last.1 > last.0 && last.1 > 0, "\(last)")
        #expect(held.notes.allSatisfy { !$0.contains("have lost") })
    }

    /// The set that swaps choose beats both batches, and single clips that a set reward cannot tell apart teach nothing.
    @Test func rewardsOfSets() throws {
        let tiny = try TinyPolicy()
        var settings = tiny.settings
        (settings.prompts, settings.samples, settings.rounds, settings.beta) = (16, 2, 60, 0.1)
        settings.optimization.finalLearningRate = 0.02
        var judge = FunctionJudge(kind: .distribution)
        // The share of the set that is one clip, whichever: minus that raises diversity, plus lowers it.
        judge.setReward = { clips in Double(clips.count { $0.codes == [[2, 1]] }) / Double(clips.count) }
        let run = try events(tiny, settings, tiny.material(judge: judge))
        let before = try #require(run.rounds.first?.reward), after = try #require(run.rounds.last?.reward)
        #expect(after > before + 0.3, "\(before) to \(after)")
        #expect(run.measurements.last?.reward.winRate ?? 0 > 0.9)
    }

    @Test func settingsThatCannotBe() throws {
        func refused(_ change: (inout TuningConfiguration) -> Void) {
            var settings = TuningConfiguration()
            change(&settings)
            #expect(throws: (any Error).self) { try settings.validate() }
        }
        refused { $0.beta = 0 }
        refused { $0.beta = .nan }
        refused { $0.samples = 3 }
        refused { ($0.method, $0.samples) = (.grpo, 1) }
        refused { $0.sampling.temperature = 0 }
        refused { $0.dragon.labels = .soft; $0.dragon.loss = .kto }
        refused { $0.dragon.segments = 0 }
        refused { $0.dragon.segments = 2; $0.dragon.pairing = .unpaired }
        refused { $0.preferences.flips = 0.5 }
        refused { $0.seconds = 0 }
        #expect(throws: TuningError.self) { try TuningPrompts([], heldOut: nil, count: 4, seed: 1) }
        #expect(throws: TuningError.self) { try TuningPrompts(["a"], heldOut: ["a"], count: 4, seed: 1) }
        let split = try TuningPrompts((0..<20).map { "\($0)" }, heldOut: nil, count: 3, seed: 1)
        #expect(split.training.count == 17 && split.heldOut.count == 3 && Set(split.all).count == 20)
    }
}
