import Alignment
import Foundation
import NeuralCore

/// A clip that the policy drew, with what the start says of it.
struct Rollout: Sendable {
    var clip: CodeSequence
    /// log π₀ of its codes.
    var reference: [Float]
    /// log π of its codes when it was drawn.
    var drawn: [Float]
    /// The return that was expected at each step; empty without a value head.
    var values: [Float] = []
}

/// Wanted and unwanted clips out of a round's own, as DRAGON builds them.
///
/// Y. Bai et al., "DRAGON: distributional rewards optimize diffusion generative models", 2025. Rewards of clips choose the
/// best and the worst of each prompt's; rewards of sets choose by swaps between two sets; without pairing, a clip is
/// wanted if its reward is above the median of all.
struct DragonUnits {
    let settings: TuningConfiguration.Dragon
    /// The deviation of the start policy's rewards among clips of one prompt, in which differences are counted.
    let scale: Double

    /// Indices of rollouts: the wanted one first.
    struct Choice: Equatable {
        var wanted: Int
        var unwanted: Int
        var certainty: Double?
    }

    /// - Parameters:
    ///   - groups: indices of the clips of each prompt, even in number.
    ///   - judgement: of all clips.
    /// - Returns: pairs; where clips are not paired, `wanted` and `unwanted` have nothing to do with each other.
    func choices(_ groups: [[Int]], _ judgement: Judgement) throws -> [Choice] {
        guard let rewards = judgement.trained.clips else { return try bySwapping(groups, judgement) }
        switch settings.pairing {
        case .paired: return byScore(groups, rewards)
        case .unpaired: return byMedian(judgement.kept, rewards)
        }
    }

    /// Clips that have a reward, the best first.
    static func ranked(_ clips: [Int], _ rewards: [Double?]) -> [Int] {
        clips.filter { rewards[$0] != nil }.sorted { (-rewards[$0]!, $0) < (-rewards[$1]!, $1) }
    }

    /// The best and the worst clip of each prompt.
    static func extremes(_ groups: [[Int]], _ rewards: [Double?]) -> [[Int]] {
        groups.map { group in
            let order = ranked(group, rewards)
            return order.count > 2 ? [order[0], order[order.count - 1]] : order
        }
    }

    private func byScore(_ groups: [[Int]], _ rewards: [Double?]) -> [Choice] {
        groups.flatMap { group -> [Choice] in
            // The best meets the worst, the second best the second worst, and so on.
            let order = Self.ranked(group, rewards)
            return (0..<order.count / 2).compactMap { place in
                let (best, worst) = (order[place], order[order.count - 1 - place])
                let difference = rewards[best]! - rewards[worst]!
                guard difference > 0 else { return nil }
                return Choice(wanted: best, unwanted: worst, certainty: settings.labels == .soft ? certainty(difference) : nil)
            }
        }
    }

    /// Two clips of a prompt at a time, each of their parts with the probability that the first one's is better.
    ///
    /// - Parameter rewards: what each part adds to the clip's; nil for clips without.
    func pairsOfParts(_ groups: [[Int]], _ rollouts: [Rollout], _ rewards: [[Double]?]) -> [SegmentPair] {
        groups.flatMap { group -> [SegmentPair] in
            let known = group.filter { rewards[$0] != nil }
            return (0..<known.count / 2).compactMap { place in
                let (first, second) = (known[2 * place], known[2 * place + 1])
                let differences = zip(rewards[first]!, rewards[second]!).map { $0 - $1 }
                guard differences.contains(where: { $0 != 0 }) else { return nil }
                return SegmentPair(
                    first: rollouts[first].clip, second: rollouts[second].clip, referenceFirst: rollouts[first].reference,
                    referenceSecond: rollouts[second].reference, certainties: differences.map(certainty))
            }
        }
    }

    /// Of a difference of rewards.
    private func certainty(_ difference: Double) -> Double {
        switch settings.labels {
        case .soft: 1 / (1 + exp(-difference / scale))
        case .hard: difference > 0 ? 1 : difference < 0 ? 0 : 0.5
        }
    }

    private func byMedian(_ kept: [Int], _ rewards: [Double?]) -> [Choice] {
        let order = Self.ranked(kept, rewards)
        let half = order.count / 2
        return (0..<half).compactMap { place in
            let (above, below) = (order[place], order[order.count - half + place])
            return rewards[above]! > rewards[below]! ? Choice(wanted: above, unwanted: below) : nil
        }
    }

    /// Two sets with one clip of every two of a prompt; swaps that raise the reward of the first.
    private func bySwapping(_ groups: [[Int]], _ judgement: Judgement) throws -> [Choice] {
        let kept = Set(judgement.kept)
        let couples = groups.flatMap { group -> [(Int, Int)] in
            let known = group.filter(kept.contains)
            return (0..<known.count / 2).map { (known[2 * $0], known[2 * $0 + 1]) }
        }
        guard !couples.isEmpty else { return [] }
        let choice = try DemonstrationSets.bySwapping(count: couples.count, maximumSweeps: settings.sweeps) { members in
            try judgement.trained.set(members.map { $0 < couples.count ? couples[$0].0 : couples[$0 - couples.count].1 })
        }
        // Clips that are the same to the reward teach nothing; the sets then stay as they began.
        guard try judgement.trained.set(couples.map(\.0)) != judgement.trained.set(couples.map(\.1)) || choice.rewards.count > 2
        else { return [] }
        return zip(couples, choice.choices).map { $1 ? Choice(wanted: $0.1, unwanted: $0.0) : Choice(wanted: $0.0, unwanted: $0.1) }
    }
}
