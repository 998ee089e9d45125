import Alignment
import Foundation
import NeuralCore
import TestSupport
import Testing

/// A policy over a handful of answers, where the best one is known in closed form.
@Suite struct RegularizedOptimumTests {
    static let sets = Fixture.all(in: "music/estimators")

    private struct Setting {
        var reference: [Double], rewards: [Double], beta: Double, optimum: RegularizedOptimum

        init(_ fixture: Fixture) throws {
            let values = fixture.values["kl_regularised_optimum"]
            (reference, rewards) = (try #require(values["log_pi0"].doubles), try #require(values["reward"].doubles))
            beta = try #require(values["beta"].double)
            optimum = try RegularizedOptimum(reference: reference, rewards: rewards, beta: beta)
        }
    }

    private func normalized(_ logits: [Double]) -> [Double] {
        let largest = logits.max() ?? 0, total = largest + log(logits.reduce(0) { $0 + exp($1 - largest) })
        return logits.map { $0 - total }
    }

    @Test(arguments: sets)
    func optimumMatches(_ fixture: Fixture) throws {
        let setting = try Setting(fixture), values = fixture.values["kl_regularised_optimum"]
        expectNear(setting.optimum.logProbabilities, values["log_pi_star"].doubles)
        expectNear(setting.optimum.value, values["objective"].double)
        let objective = RegularizedOptimum.objective(
            policy: setting.optimum.logProbabilities, reference: setting.reference, rewards: setting.rewards, beta: setting.beta)
        expectNear(objective, setting.optimum.value, relative: 1e-9)
        #expect(throws: AlignmentError.self) { try RegularizedOptimum(reference: [0], rewards: [1], beta: 0) }
    }

    /// With raters who choose by σ(r_i − r_j), DPO on every pair of answers leads to the optimum, from the start policy.
    @Test(arguments: sets)
    func preferencesLeadThere(_ fixture: Fixture) throws {
        let setting = try Setting(fixture), count = setting.rewards.count
        let pairs = (0..<count).flatMap { i in (0..<count).filter { $0 != i }.map { (i, $0) } }
        var logits = setting.reference
        for _ in 0..<4_000 {
            let policy = normalized(logits)
            let gradient = try PreferenceLoss.dpo(beta: setting.beta).evaluate(pairs.map { w, l in
                PreferencePair(
                    policyChosen: policy[w], policyRejected: policy[l], referenceChosen: setting.reference[w], referenceRejected: setting.reference[l])
            })
            // Each ordered pair counts by how often raters choose so; log-probabilities of one softmax differ by logits alone.
            var step = [Double](repeating: 0, count: count)
            for (index, pair) in pairs.enumerated() {
                let share = 1 / (1 + exp(setting.rewards[pair.1] - setting.rewards[pair.0]))
                step[pair.0] += share * gradient.chosen[index] * Double(pairs.count)
                step[pair.1] += share * gradient.rejected[index] * Double(pairs.count)
            }
            for index in step.indices { logits[index] -= 0.8 * step[index] }
        }
        let policy = normalized(logits)
        let reached = RegularizedOptimum.objective(policy: policy, reference: setting.reference, rewards: setting.rewards, beta: setting.beta)
        #expect(setting.optimum.value - reached < 1e-6, "\(reached) instead of \(setting.optimum.value)")
        expectNear(policy.map { exp($0) }, setting.optimum.logProbabilities.map { exp($0) }, absolute: 1e-4)
    }

    /// Sampled policy gradients with the penalty in the reward and leave-one-out advantages get within 2 % of it.
    @Test(arguments: sets, [GroupAdvantage.leaveOneOut, .centered])
    func policyGradientsLeadThere(_ fixture: Fixture, _ rule: GroupAdvantage) throws {
        let setting = try Setting(fixture)
        var rng = Philox(seed: 4), logits = setting.reference
        func draw(_ policy: [Double]) -> Int {
            var rest = Double(rng.nextUniform())
            for (index, value) in policy.enumerated() {
                rest -= exp(value)
                if rest < 0 { return index }
            }
            return policy.count - 1
        }
        for round in 0..<3_000 {
            let policy = normalized(logits), probabilities = policy.map { exp($0) }
            let actions = (0..<16).map { _ in draw(policy) }
            let rewards = actions.map { setting.rewards[$0] - setting.beta * (policy[$0] - setting.reference[$0]) }
            let advantages = try rule(rewards)
            for (action, advantage) in zip(actions, advantages) {
                for index in logits.indices {
                    let slope = (index == action ? 1 : 0) - probabilities[index]
                    logits[index] += (round < 2_000 ? 0.4 : 0.08) * advantage * slope / 16
                }
            }
        }
        let start = RegularizedOptimum.objective(policy: setting.reference, reference: setting.reference, rewards: setting.rewards, beta: setting.beta)
        let reached = RegularizedOptimum.objective(policy: normalized(logits), reference: setting.reference, rewards: setting.rewards, beta: setting.beta)
        let share = (reached - start) / (setting.optimum.value - start)
        #expect(share > 0.98, "\(share) of the way")
    }
}
