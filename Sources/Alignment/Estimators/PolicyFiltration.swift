import NeuralCore

/// Which of several scored answers to one prompt a policy learns from: reward models are right about extremes sooner than
/// about the middle.
///
/// C. Zhang et al., "Policy filtration for RLHF to mitigate noise in reward models", 2024.
public enum PolicyFiltration: String, Sendable, CaseIterable {
    case all
    /// The best one.
    case best
    /// The best one and a random one of the others.
    case bestAndRandom = "best-random"
    /// The best and the worst one.
    case bestAndWorst = "best-worst"

    /// The indices of the answers that are kept, the best first; of equal rewards the first counts.
    public func callAsFunction(_ rewards: [Double], using rng: inout Philox) -> [Int] {
        guard let best = rewards.indices.max(by: { (rewards[$0], -$0) < (rewards[$1], -$1) }) else { return [] }
        let others = rewards.indices.filter { $0 != best }
        switch self {
        case .all: return [best] + others
        case .best: return [best]
        case .bestAndRandom: return others.isEmpty ? [best] : [best, others[rng.nextInt(below: others.count)]]
        case .bestAndWorst: return [best] + (others.min { (rewards[$0], $0) < (rewards[$1], $1) }.map { [$0] } ?? [])
        }
    }

    /// How much of the true scores' variation over bins of equal reward the reward explains, R²: the rule under which it is
    /// largest keeps the answers about which the reward is reliable.
    ///
    /// - Parameters:
    ///   - rewards: of the kept answers.
    ///   - truths: their true scores.
    ///   - bins: how many groups of neighbouring rewards, all of about one size.
    /// - Throws: ``AlignmentError/invalid(what:reason:)`` for fewer than three bins' worth of answers.
    public static func reliability(rewards: [Double], truths: [Double], bins: Int = 10) throws -> Double {
        let count = min(bins, rewards.count)
        guard rewards.count == truths.count, count > 2, (rewards + truths).allSatisfy(\.isFinite) else {
            throw AlignmentError.invalid(
                what: "The reliability",
                reason: "\(rewards.count) rewards and \(truths.count) true scores are too few or not finite")
        }
        let order = rewards.indices.sorted { (rewards[$0], $0) < (rewards[$1], $1) }
        let means = (0..<count).map { bin in
            let members = order[bin * order.count / count..<(bin + 1) * order.count / count]
            func mean(_ values: [Double]) -> Double { members.reduce(0) { $0 + values[$1] } / Double(members.count) }
            return (mean(rewards), mean(truths))
        }
        let correlation = RewardComparison.correlation(means.map(\.0), means.map(\.1)) ?? 0
        return correlation * correlation
    }
}
