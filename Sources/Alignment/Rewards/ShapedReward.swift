import Foundation

/// What is done to a reward before it is used.
public struct RewardShaping: Sendable, Equatable {
    /// Turns rewards into multiples of a deviation over a mean, both measured once, on the start policy.
    public struct Standard: Sendable, Equatable {
        public var mean: Double, deviation: Double
        public init(mean: Double, deviation: Double) { (self.mean, self.deviation) = (mean, deviation) }
    }

    public var standard: Standard?
    /// Rewards of the start policy that the reward is compared with; see `preferenceAsReward(_:references:)`.
    public var references: [Double]?
    public var bounds: ClosedRange<Double>?

    public init(standard: Standard? = nil, references: [Double]? = nil, bounds: ClosedRange<Double>? = nil) {
        (self.standard, self.references, self.bounds) = (standard, references, bounds)
    }

    /// First standardised, then compared with the references (which are standardised too), then bounded.
    public func callAsFunction(_ reward: Double) -> Double {
        func scaled(_ value: Double) -> Double { standard.map { (value - $0.mean) / $0.deviation } ?? value }
        var value = scaled(reward)
        if let references { value = preferenceAsReward(value, references: references.map(scaled)) }
        return bounds.map { min(max(value, $0.lowerBound), $0.upperBound) } ?? value
    }
}

/// A reward with its shaping.
public struct ShapedReward: Reward {
    public let base: any Reward
    public let shaping: RewardShaping

    public init(_ base: any Reward, shaping: RewardShaping) { (self.base, self.shaping) = (base, shaping) }

    public var name: String { base.name }
    public var kind: RewardKind { base.kind }
    public var remarks: [String] { base.remarks }

    public func scores(of batch: ClipBatch) throws -> [ClipScore]? {
        try base.scores(of: batch)?.map { score in
            guard case .score(let score) = score else { return score }
            return .checked(Score(measure: score.measure, reward: shaping(score.reward)))
        }
    }

    /// Of clips the mean of the shaped rewards; of sets the shaped reward of the set.
    public func score(of batch: ClipBatch, members: [Int]) throws -> SetScore {
        let score = try base.score(of: batch, members: members)
        guard let clips = try scores(of: batch) else {
            return SetScore(
                Score(measure: score.score.measure, reward: shaping(score.score.reward)), warnings: score.warnings)
        }
        let rewards = members.compactMap { clips[$0].reward }
        return SetScore(
            Score(measure: score.score.measure, reward: rewards.reduce(0, +) / Double(rewards.count)),
            warnings: score.warnings)
    }
}

/// Several opinions of one thing: members that every clip has, by one rule.
public struct EnsembleReward: ClipReward {
    public let name: String
    public let members: [any Reward]
    public let rule: RewardEnsembleRule

    /// - Parameter members: no rewards of sets.
    public init(name: String = "ensemble", members: [any Reward], rule: RewardEnsembleRule) {
        (self.name, self.members, self.rule) = (name, members, rule)
    }

    public var kind: RewardKind { members.allSatisfy { $0.kind == .instance } ? .instance : .instanceToDistribution }
    public var remarks: [String] { members.flatMap(\.remarks) }

    public func clipScores(of batch: ClipBatch) throws -> [ClipScore] {
        let opinions = try members.compactMap { try $0.scores(of: batch) }
        return batch.clips.indices.map { clip in
            for (member, scores) in zip(members, opinions) {
                if case .undefined(let reason) = scores[clip] { return .undefined("\(member.name): \(reason)") }
            }
            return .checked(Score(rule(opinions.compactMap { $0[clip].reward })))
        }
    }
}
