import Alignment
import Foundation

/// One round, as the log has it.
public struct TuningRound: Codable, Sendable, Equatable {
    public var step: Int
    public var loss: Double?
    public var gradientNorm: Float?
    public var learningRate: Float
    /// The mean reward of the clips that were drawn; of sets the reward of all.
    public var reward: Double?
    /// The share of prompts whose clips all have one reward.
    public var withoutSignal: Double?
    /// k3 summed over a clip's codes, in nats.
    public var divergence: Double?
    /// A code's mean, in nats.
    public var entropy: Double?
    /// The share of probabilities that moved further than the bound.
    public var clipped: Double?
    /// The mean change of log π of wanted and unwanted clips against the start, in nats.
    public var chosenChange: Double?
    public var rejectedChange: Double?
    /// The share of pairs whose wanted clip has gained more.
    public var accuracy: Double?
    public var valueError: Double?
    public var beta: Double?
    /// Clips without a reward, which were left out.
    public var dropped: Int?
    /// Updates left out because the gradient was not finite.
    public var skipped: Int?
}

/// How the policy does on held-out prompts, beside its start with the same seeds.
public struct TuningMeasurement: Codable, Sendable, Equatable {
    public struct Reward: Codable, Sendable, Equatable {
        public var value: Double
        public var start: Double
        /// The share of prompts whose clip has a higher reward than the start's, ties counting half; of rewards of sets the
        /// share of random halves of the prompts.
        public var winRate: Double
        /// The standard error of the mean difference to the start; nil for rewards of sets.
        public var error: Double?
    }

    public var clips: Int
    /// By name, the one that is raised under ``trained``.
    public var rewards: [String: Reward]
    public var trained: String
    /// k3 and k1 summed over a clip's codes, in nats, and the standard error of k1 over clips.
    public var divergence: Double
    public var signedDivergence: Double
    public var divergenceError: Double
    /// A code's mean.
    public var entropy: Double
    /// Seconds of a clip that are not silent, out of ``seconds``.
    public var soundingSeconds: Double?
    public var seconds: Double
    /// The effective number of different clips.
    public var diversity: Double?
    /// The share of a clip's four-frame pieces (first codebook) that occurred in it before.
    public var repetition: Double

    public var reward: Reward { rewards[trained] ?? Reward(value: 0, start: 0, winRate: 0.5) }
    /// The rewards that nothing is tuned on.
    public var gold: [(name: String, reward: Reward)] {
        rewards.filter { $0.key.hasPrefix("gold ") }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

struct MeasurementEntry: Codable {
    let step: Int
    let measurement: TuningMeasurement
}

/// What a run tells whoever watches it.
public enum TuningEvent: Sendable {
    case note(String)
    /// What is being done, and the share of it that is done.
    case progress(String, Double)
    case round(TuningRound, of: Int)
    case measurement(step: Int, TuningMeasurement, isBest: Bool)
    case checkpoint(path: String, step: Int)
}

/// How a run ended.
public enum TuningOutcome: Sendable, Equatable {
    case finished(step: Int)
    case outOfTime(step: Int)
    case interrupted(step: Int)
    /// For a reason of its own: the divergence budget, the watched rewards, nothing to learn from.
    case stopped(step: Int, reason: String)
}
