import Alignment
import Foundation
import NeuralCore
import TestSupport
import Testing
import Training

@testable import MusicRL

/// Every method on a policy whose best tuning is known: π₀ exp(r/β), or for losses that never have enough, the best clip.
@Suite struct KnownOptimumTests {
    private func tuned(
        _ tiny: TinyPolicy, _ settings: TuningConfiguration, material: TuningRunner.Material? = nil
    ) throws -> MusicGenDecoder {
        try withFolder { folder in
            var runner = try tiny.runner(settings, folder: folder, material: material)
            let outcome = try runner.run()
            #expect(outcome == .finished(step: settings.rounds))
            return runner.state.policy.decoder
        }
    }

    /// Policy gradients, plain and with what may be added that leaves the optimum where it is.
    enum Gradient: String, CaseIterable, CustomTestStringConvertible {
        case rloo, grpo, ppo, rlooInSegments, ppoInSegments, rlooWithAdapters, rlooWithBoth, rlooUnclipped, rlooTwoCodebooks, rlooGuided
        var testDescription: String { rawValue }
    }

    @Test(arguments: Gradient.allCases) func gradientsReachTheOptimum(_ kind: Gradient) throws {
        var sampling = SamplingSettings(topK: 0, guidance: 1)
        if kind == .rlooGuided { sampling = SamplingSettings(temperature: 0.8, topK: 0, guidance: 2) }
        let tiny = try TinyPolicy(codebooks: kind == .rlooTwoCodebooks ? 2 : 1, sampling: sampling)
        var settings = tiny.settings
        switch kind {
        case .grpo: settings.method = .grpo
        case .ppo: settings.method = .ppo
        case .ppoInSegments: (settings.method, settings.gradient.segments) = (.ppo, 2)
        case .rlooInSegments: (settings.method, settings.gradient.segments) = (.rloo, 2)
        case .rlooWithAdapters, .rlooWithBoth:
            settings.method = .rloo
            settings.adapters.kind = kind == .rlooWithBoth ? .both : .lowRank
            settings.adapters.rank = 4
            settings.adapters.alpha = 8
            settings.rounds = 300
        case .rlooUnclipped: (settings.method, settings.gradient.clip) = (.rloo, 0)
        default: settings.method = .rloo
        }
        let share = try tiny.progress(tuned(tiny, settings), beta: settings.beta)
        #expect(share > 0.98 && share < 1 + 1e-6, "\(share) of the way")
    }

    /// Raters who choose by σ(r_a − r_b): their choices lead DPO and its relatives to π₀ exp(r/β).
    @Test(arguments: [TuningConfiguration.Method.dpo, .cdpo, .robustDPO]) func choicesLeadThere(_ method: TuningConfiguration.Method) throws {
        let tiny = try TinyPolicy()
        // A hundred choices of each two clips, as many each way as the raters would make, a tenth of them wrong for `robust-dpo`.
        var choices: [PreferenceSet.Choice] = []
        for first in tiny.clips.indices {
            for second in 0..<first {
                let (a, b) = (tiny.clips[first], tiny.clips[second])
                var share = 1 / (1 + exp(TinyPolicy.reward(b) - TinyPolicy.reward(a)))
                if method == .robustDPO { share = 0.9 * share + 0.1 * (1 - share) }
                let count = Int((100 * share).rounded())
                choices += [PreferenceSet.Choice](repeating: .init(chosen: a, rejected: b), count: count)
                choices += [PreferenceSet.Choice](repeating: .init(chosen: b, rejected: a), count: 100 - count)
            }
        }
        var settings = tiny.settings
        (settings.method, settings.prompts, settings.rounds) = (method, 256, 300)
        settings.preferences.flips = method == .robustDPO ? 0.1 : 0
        let policy = try tuned(tiny, settings, material: tiny.material(preferences: PreferenceSet(choices: choices)))
        let share = try tiny.progress(policy, beta: settings.beta)
        #expect(share > 0.98 && share < 1 + 1e-6, "\(share) of the way")
    }

    /// DRAGON that knows how sure each choice is has the same optimum, from the policy's own clips.
    @Test func softLabelsLeadThere() throws {
        let tiny = try TinyPolicy()
        var settings = tiny.settings
        settings.dragon.labels = .soft
        settings.rounds = 400
        let share = try tiny.progress(tuned(tiny, settings), beta: settings.beta)
        #expect(share > 0.98 && share < 1 + 1e-6, "\(share) of the way")
    }

    /// What is learned from is chosen by the rewards, and each choice knows how sure it is: the optimum is the same.
    @Test func extremesLeadThere() throws {
        let tiny = try TinyPolicy()
        var settings = tiny.settings
        (settings.dragon.labels, settings.dragon.extremes) = (.soft, true)
        (settings.prompts, settings.samples, settings.rounds) = (16, 8, 400)
        let share = try tiny.progress(tuned(tiny, settings), beta: settings.beta)
        #expect(share > 0.98 && share < 1 + 1e-6, "\(share) of the way")
    }

    /// Part by part the optimum is the same but for what a part's codes do to the parts after it, which they do not answer for.
    @Test func partsLeadNearThere() throws {
        let tiny = try TinyPolicy()
        var settings = tiny.settings
        (settings.dragon.labels, settings.dragon.segments) = (.soft, 2)
        settings.rounds = 400
        let share = try tiny.progress(tuned(tiny, settings), beta: settings.beta)
        #expect(share > 0.95 && share < 1 + 1e-6, "\(share) of the way")
    }

    /// Losses without an inner optimum end at the best clip.
    enum Greedy: String, CaseIterable, CustomTestStringConvertible {
        case dragonDPO, dragonExploring, dragonIPO, dragonKTO, dragonUnpairedDPO, dragonUnpairedKTO, onlyNegative, bestAndWorst, bestAndRandom
        case grpoWithoutBeta, offlineIPO, offlineKTO, offlineSimPO
        var testDescription: String { rawValue }
    }

    @Test(arguments: Greedy.allCases) func othersReachTheBestClip(_ kind: Greedy) throws {
        // Pushing away alone needs clips that share no codes: what clips have in common goes with the bad ones.
        let tiny = try kind == .onlyNegative ? TinyPolicy(codes: 4, frames: 1) : TinyPolicy()
        var settings = tiny.settings, set: PreferenceSet?
        settings.beta = 0.1
        settings.rounds = 250
        settings.optimization.finalLearningRate = 0.02
        switch kind {
        case .dragonDPO: break
        case .dragonExploring: (settings.dragon.exploration, settings.dragon.extremes, settings.prompts, settings.samples) = (1, true, 8, 8)
        case .dragonIPO: (settings.dragon.loss, settings.beta) = (.ipo, 0.01)
        case .dragonKTO: settings.dragon.loss = .kto
        case .dragonUnpairedDPO: settings.dragon.pairing = .unpaired
        case .dragonUnpairedKTO: (settings.dragon.pairing, settings.dragon.loss) = (.unpaired, .kto)
        case .onlyNegative: (settings.method, settings.beta, settings.gradient.onlyNegative) = (.rloo, 0, true)
        case .bestAndWorst: (settings.method, settings.beta, settings.gradient.filtration) = (.grpo, 0, .bestAndWorst)
        case .bestAndRandom: (settings.method, settings.beta, settings.gradient.filtration) = (.grpo, 0, .bestAndRandom)
        case .grpoWithoutBeta: (settings.method, settings.beta) = (.grpo, 0)
        case .offlineIPO, .offlineKTO, .offlineSimPO:
            settings.method = kind == .offlineIPO ? .ipo : kind == .offlineKTO ? .kto : .simpo
            settings.prompts = 64
            if kind == .offlineIPO { settings.beta = 0.02 }
            // The best clip against each other one.
            let order = tiny.clips.sorted { TinyPolicy.reward($0) > TinyPolicy.reward($1) }
            set = PreferenceSet(choices: order.dropFirst().map { .init(chosen: order[0], rejected: $0) })
        }
        let policy = try tuned(tiny, settings, material: tiny.material(preferences: set))
        let best = tiny.rewards.max() ?? 0, start = tiny.expectation(tiny.decoder), reached = tiny.expectation(policy)
        let share = (reached - start) / (best - start)
        #expect(share > 0.98, "\(share) of the way to the best clip: \(start) to \(reached) of \(best)")
    }
}
