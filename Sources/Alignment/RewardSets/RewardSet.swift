/// Rewards that are used together, each with a weight; their weighted sum is what tuning raises.
public struct RewardSet: Sendable {
    public struct Term: Sendable {
        public let reward: any Reward
        public let weight: Double

        public init(_ reward: any Reward, weight: Double = 1) { (self.reward, self.weight) = (reward, weight) }
    }

    /// What happens where a reward says nothing of a clip.
    public enum UndefinedPolicy: String, Sendable, CaseIterable {
        /// The work ends with the clip's name.
        case stop
        /// The clip is left out of everything, and counted.
        case drop
    }

    public let name: String
    public let terms: [Term]
    public let undefined: UndefinedPolicy

    public init(name: String = "reward", terms: [Term], undefined: UndefinedPolicy = .stop) {
        (self.name, self.terms, self.undefined) = (name, terms, undefined)
    }

    /// Instance-wise where all terms are; as soon as one is of sets, the sum is.
    public var kind: RewardKind {
        let kinds = terms.map(\.reward.kind)
        if kinds.contains(.distribution) { return .distribution }
        return kinds.contains(.instanceToDistribution) ? .instanceToDistribution : .instance
    }

    /// What a set of rewards says of clips.
    public struct Report: Sendable {
        /// What each term says of each clip, `[terms][clips]`; nil for terms of sets.
        public let clipScores: [[ClipScore]?]
        /// What each term says of all clips that are kept.
        public let setScores: [Result<SetScore, AlignmentError>]
        /// The weighted sum for each clip, over the terms that clips have; nil where one of them is undefined.
        public let totals: [Double?]
        /// The weighted sum for the clips that are kept; nil where a term is undefined.
        public let total: Double?
        /// Indices of the clips that count.
        public let kept: [Int]
    }

    /// Scores clips and the set of them.
    ///
    /// - Parameter isStrict: whether an undefined reward ends the work as ``undefined`` says; if not, it is only reported.
    /// - Throws: ``AlignmentError/undefinedReward(reward:clip:reason:)`` and, without a single clip left,
    ///   ``AlignmentError/undefinedSetReward(reward:reason:)``.
    public func report(on batch: ClipBatch, isStrict: Bool = true) throws -> Report {
        let clipScores = try terms.map { try $0.reward.scores(of: batch) }
        var kept = Array(batch.clips.indices), firstReason = ""
        for (term, scores) in zip(terms, clipScores) {
            guard let scores else { continue }
            for (index, score) in scores.enumerated() {
                guard case .undefined(let reason) = score else { continue }
                if isStrict, undefined == .stop {
                    throw AlignmentError.undefinedReward(
                        reward: term.reward.name, clip: batch.clips[index].name, reason: reason)
                }
                if firstReason.isEmpty { firstReason = "; \(batch.clips[index].name) has no \(term.reward.name) reward: \(reason)" }
                kept.removeAll { $0 == index }
            }
        }
        guard !kept.isEmpty || !isStrict else {
            throw AlignmentError.undefinedSetReward(reward: name, reason: "no clip is left of \(batch.clips.count)\(firstReason)")
        }
        let setScores = try terms.map { term -> Result<SetScore, AlignmentError> in
            do {
                guard !kept.isEmpty else {
                    throw AlignmentError.undefinedSetReward(reward: term.reward.name, reason: "no clip is left")
                }
                return .success(try term.reward.score(of: batch, members: kept))
            } catch let error as AlignmentError {
                if isStrict { throw error }
                return .failure(error)
            }
        }
        let totals = batch.clips.indices.map { clip -> Double? in
            zip(terms, clipScores).reduce(0) { sum, term in
                guard let scores = term.1 else { return sum }
                guard let sum, let reward = scores[clip].reward else { return nil }
                return sum + term.0.weight * reward
            }
        }
        let total = zip(terms, setScores).reduce(0 as Double?) { sum, term in
            guard let sum, let score = try? term.1.get() else { return nil }
            return sum + term.0.weight * score.score.reward
        }
        return Report(clipScores: clipScores, setScores: setScores, totals: totals, total: total, kept: kept)
    }
}

/// A reward set is itself a reward, so that sets of demonstrations can be built for it.
extension RewardSet: Reward {
    public var remarks: [String] { terms.flatMap(\.reward.remarks) }

    public func scores(of batch: ClipBatch) throws -> [ClipScore]? {
        guard kind != .distribution else { return nil }
        let all = try terms.map { ($0, try $0.reward.scores(of: batch) ?? []) }
        return batch.clips.indices.map { clip in
            var sum = 0.0
            for (term, scores) in all {
                switch scores[clip] {
                case .undefined(let reason): return .undefined("\(term.reward.name): \(reason)")
                case .score(let score): sum += term.weight * score.reward
                }
            }
            return .checked(Score(sum))
        }
    }

    public func score(of batch: ClipBatch, members: [Int]) throws -> SetScore {
        let scores = try terms.map { ($0.weight, try $0.reward.score(of: batch, members: members)) }
        return SetScore(Score(scores.reduce(0) { $0 + $1.0 * $1.1.score.reward }), warnings: scores.flatMap(\.1.warnings))
    }
}
