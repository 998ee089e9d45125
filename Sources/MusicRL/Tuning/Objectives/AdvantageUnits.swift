import Alignment
import Foundation
import NeuralCore

/// Advantages of the codes of a round's clips, from their rewards and from how far the policy is from its start.
///
/// The penalty β log π / π₀ is part of the reward, so that all methods have the same best policy, π₀ exp(r/β).
struct AdvantageUnits {
    let method: TuningConfiguration.Method
    let settings: TuningConfiguration.PolicyGradient
    let beta: Double
    let pattern: DelayPattern

    /// - Parameters:
    ///   - groups: indices of the clips of each prompt that have rewards.
    ///   - rewards: of each part of each clip, in time; of the start's deviations where that is wanted.
    func units(
        _ groups: [[Int]], rollouts: [Rollout], rewards: [[Double]], using rng: inout Philox
    ) throws -> [AdvantagedClip] {
        if method == .ppo {
            return try groups.flatMap { group in
                try settings.filtration.rule(group.map { rewards[$0].reduce(0, +) }, using: &rng).map {
                    try valued(rollouts[group[$0]], rewards[group[$0]])
                }
            }
        }
        return try groups.flatMap { group -> [AdvantagedClip] in
            guard group.count > 1 else { return [] }
            // What is still to come, from each part on: what came before is not a code's doing.
            let returns = group.map { returnsToGo(rollouts[$0], rewards[$0]) }
            let advantages = try (0..<settings.segments).map { part in try rule(returns.map { $0[part] }) }
            let kept = settings.filtration.rule(returns.map { $0[0] }, using: &rng)
            return kept.map { place in
                let rollout = rollouts[group[place]]
                return AdvantagedClip(
                    clip: rollout.clip, drawn: rollout.drawn,
                    advantages: spread(advantages.map { $0[place] }, over: rollout.clip).map(limited))
            }
        }
    }

    private var rule: GroupAdvantage { method == .grpo ? .normalized() : .leaveOneOut }

    private func limited(_ advantage: Double) -> Double { settings.onlyNegative ? min(advantage, 0) : advantage }

    private func spread(_ values: [Double], over clip: CodeSequence) -> [Double] {
        pattern.parts(settings.segments, frames: clip.frames).map { values[$0] }
    }

    /// For each part the rewards from it on, less the penalty of the codes from it on.
    private func returnsToGo(_ rollout: Rollout, _ rewards: [Double]) -> [Double] {
        var parts = rewards.map { $0 / Double(settings.segments) }
        for (place, part) in pattern.parts(settings.segments, frames: rollout.clip.frames).enumerated() {
            parts[part] -= beta * Double(rollout.drawn[place] - rollout.reference[place])
        }
        for part in parts.indices.dropLast().reversed() { parts[part] += parts[part + 1] }
        return parts
    }

    /// Advantages over what the value head expects, step by step.
    private func valued(_ rollout: Rollout, _ rewards: [Double]) throws -> AdvantagedClip {
        let clip = rollout.clip, steps = pattern.steps(frames: clip.frames) - 1
        var earned = [Double](repeating: 0, count: steps)
        for place in rollout.drawn.indices {
            earned[place % steps] -= beta * Double(rollout.drawn[place] - rollout.reference[place])
        }
        for (part, reward) in rewards.enumerated() {
            // At the step that completes the last frame of the part.
            let frame = (part + 1) * clip.frames / settings.segments - 1
            earned[min(steps - 1, max(frame, 0) + pattern.longestDelay)] += reward / Double(settings.segments)
        }
        let estimate = try GeneralizedAdvantage(trace: settings.trace)(
            rewards: earned, values: rollout.values.map(Double.init) + [0])
        let advantages = rollout.drawn.indices.map { limited(estimate.advantages[$0 % steps]) }
        return AdvantagedClip(clip: clip, drawn: rollout.drawn, advantages: advantages, returns: estimate.returns)
    }
}
