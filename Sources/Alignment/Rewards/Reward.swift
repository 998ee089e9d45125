/// What a reward is a function of.
public enum RewardKind: String, Sendable, CaseIterable {
    /// A clip (and its prompt).
    case instance = "instance"
    /// A clip and a reference set.
    case instanceToDistribution = "instance-to-distribution"
    /// A whole set of clips, with or without a reference set; a single clip has no number of its own.
    case distribution = "distribution-to-distribution"
}

/// A number with the sign that it usually has, and the same so that higher is better.
public struct Score: Sendable, Equatable {
    /// By its usual name and sign, such as a distance.
    public let measure: Double
    /// What is to be raised.
    public let reward: Double

    public init(measure: Double, reward: Double) { (self.measure, self.reward) = (measure, reward) }
    /// Of a measure that is better the higher it is.
    public init(_ measure: Double) { self.init(measure: measure, reward: measure) }
    /// Of a distance.
    public init(distance: Double) { self.init(measure: distance, reward: -distance) }
}

/// What a reward says of a clip.
public enum ClipScore: Sendable, Equatable {
    case score(Score)
    /// It says nothing, for this reason. Never counted as 0.
    case undefined(String)

    public var score: Score? { if case .score(let score) = self { score } else { nil } }
    public var reward: Double? { score?.reward }
    public var reason: String? { if case .undefined(let reason) = self { reason } else { nil } }

    /// A score, or why there is none for a value that is not finite.
    static func checked(_ score: Score) -> ClipScore {
        score.reward.isFinite && score.measure.isFinite ? .score(score) : .undefined(
            "the value is \(score.measure), not a finite number")
    }
}

/// What a reward says of a set of clips.
public struct SetScore: Sendable, Equatable {
    public let score: Score
    /// What to keep in mind about it, such as that the set is small.
    public let warnings: [String]

    public init(_ score: Score, warnings: [String] = []) { (self.score, self.warnings) = (score, warnings) }
}

/// Something to be raised by tuning: of clips, or of a set of clips. Deterministic: equal clips have equal scores, alone
/// or beside others, on any number of threads.
public protocol Reward: Sendable {
    /// What tables call it.
    var name: String { get }
    var kind: RewardKind { get }
    /// How it was computed: encoder, reference, and on a line of its own how recordings were cut.
    var remarks: [String] { get }

    /// Of each clip; nil for rewards of sets.
    func scores(of batch: ClipBatch) throws -> [ClipScore]?

    /// Of the clips at these indices together.
    ///
    /// - Throws: ``AlignmentError/undefinedReward(reward:clip:reason:)`` where a member has no score,
    ///   ``AlignmentError/undefinedSetReward(reward:reason:)`` where the set has none.
    func score(of batch: ClipBatch, members: [Int]) throws -> SetScore
}

extension Reward {
    public var remarks: [String] { [] }
}

/// A reward that every clip has; of a set it is the mean.
public protocol ClipReward: Reward {
    func clipScores(of batch: ClipBatch) throws -> [ClipScore]
}

extension ClipReward {
    public func scores(of batch: ClipBatch) throws -> [ClipScore]? { try clipScores(of: batch) }

    public func score(of batch: ClipBatch, members: [Int]) throws -> SetScore {
        let all = try clipScores(of: batch)
        guard !members.isEmpty else { throw AlignmentError.undefinedSetReward(reward: name, reason: "there are no clips") }
        let scores = try members.map { index in
            guard let score = all[index].score else {
                throw AlignmentError.undefinedReward(
                    reward: name, clip: batch.clips[index].name, reason: all[index].reason ?? "unknown")
            }
            return score
        }
        let count = Double(scores.count)
        return SetScore(Score(
            measure: scores.reduce(0) { $0 + $1.measure } / count, reward: scores.reduce(0) { $0 + $1.reward } / count))
    }
}

/// A reward that only sets have.
public protocol SetReward: Reward {}

extension SetReward {
    public var kind: RewardKind { .distribution }
    public func scores(of batch: ClipBatch) throws -> [ClipScore]? { nil }
}
