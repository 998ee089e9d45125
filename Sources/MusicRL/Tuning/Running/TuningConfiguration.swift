import Alignment
import Training

/// All settings of a run of tuning.
public struct TuningConfiguration: Codable, Sendable, Equatable {
    public enum Method: String, Codable, Sendable, CaseIterable {
        /// Sets of wanted and unwanted clips out of the policy's own, for rewards of every kind.
        case dragon
        /// Policy gradients: with a value head, with the other clips of a prompt as the measure, or in their deviations.
        case ppo, rloo, grpo
        /// From a file of preferences.
        case dpo, ipo, kto, cdpo, simpo
        case robustDPO = "robust-dpo"

        /// Whether it learns from a file instead of the policy's own clips.
        public var isOffline: Bool { ![.dragon, .ppo, .rloo, .grpo].contains(self) }
        public var isPolicyGradient: Bool { [.ppo, .rloo, .grpo].contains(self) }
        /// Whether it learns from clips that are wanted or not instead of pairs.
        public var usesLabels: Bool { self == .kto }
    }

    public var seed: UInt64 = 1
    public var method = Method.dragon
    public var rounds = 30
    /// Length of the clips, in seconds.
    public var seconds = 5.0
    /// Prompts of a round, or pairs of a file.
    public var prompts = 16
    /// Clips drawn for each prompt of a round.
    public var samples = 2
    /// How clips are drawn, and so which probabilities are learned.
    public var sampling = SamplingSettings()
    /// How strongly the policy is held to its start: in nats for policy gradients, the β of preference losses.
    public var beta = 0.05
    public var adapters = Adapters()
    public var dragon = Dragon()
    public var gradient = PolicyGradient()
    public var preferences = Preferences()
    public var optimization = Optimization()
    public var evaluation = Evaluation()
    public var checkpoints = CheckpointSettings()

    public struct Adapters: Codable, Sendable, Equatable {
        public enum Kind: String, Codable, Sendable, CaseIterable {
            /// Projections, by changes of low rank.
            case lowRank = "low-rank"
            /// Gains and offsets of the normalisations.
            case norms
            case both
        }

        public var kind = Kind.lowRank
        /// Of the changes of projections; 0 tunes all weights, whatever the kind.
        public var rank = 16
        /// The change of a weight is multiplied by alpha / rank.
        public var alpha: Float = 32
        public init() {}

        var changesAll: Bool { rank == 0 }
    }

    public struct Dragon: Codable, Sendable, Equatable {
        public enum Loss: String, Codable, Sendable, CaseIterable { case dpo, kto, ipo }
        public enum Pairing: String, Codable, Sendable, CaseIterable { case paired, unpaired }
        public enum Labels: String, Codable, Sendable, CaseIterable {
            /// The better clip is wanted.
            case hard
            /// With the probability that the difference of rewards gives it.
            case soft
        }

        public var loss = Loss.dpo
        public var pairing = Pairing.paired
        public var labels = Labels.hard
        /// Parts of a pair of clips that are compared by themselves, each code counting for its own part.
        public var segments = 1
        /// Whether only the best and the worst clip of each prompt are learned from.
        public var extremes = false
        /// The share of a round's prompts that borrow one of the best clips of the whole round, whatever prompt that was drawn
        /// for. Clips of one prompt are much alike; this is how a policy finds what it would hardly draw for a prompt, or, where
        /// rewards ask for something else with each prompt, what would fit another better.
        public var exploration = 0.0
        /// Sweeps of swaps for rewards of sets.
        public var sweeps = 5
        public init() {}
    }

    public struct PolicyGradient: Codable, Sendable, Equatable {
        /// How far probabilities may move in an update; 0 for as far as they like.
        public var clip = 0.2
        /// Which of a prompt's clips are learned from.
        public var filtration = Filtration.all
        /// Learns from clips that are worse than expected alone.
        public var onlyNegative = false
        /// Parts of a clip that are rewarded by themselves.
        public var segments = 1
        /// λ of the advantages of the value head.
        public var trace = 0.95
        public var valueWeight = 0.5
        /// Rewards in deviations of the start policy's, so that beta means the same for all rewards.
        public var standardizes = true
        /// The divergence that beta is moved to hold, in nats a clip; 0 leaves beta as it is.
        public var targetDivergence = 0.0
        public init() {}

        public enum Filtration: String, Codable, Sendable, CaseIterable {
            case all, best
            case bestAndRandom = "best-random"
            case bestAndWorst = "best-worst"

            var rule: PolicyFiltration { PolicyFiltration(rawValue: rawValue) ?? .all }
        }
    }

    public struct Preferences: Codable, Sendable, Equatable {
        /// The share of choices thought wrong, of `cdpo` and `robust-dpo`.
        public var flips = 0.1
        /// How much the likelihood of the chosen clip counts beside the preference.
        public var likelihood = 0.0
        /// Fall of the chosen clips' log-probability, in nats, from which there is a warning.
        public var warningFall = 50.0
        public init() {}
    }

    public struct Optimization: Codable, Sendable, Equatable {
        public var learningRate: Float = 1e-4
        public var finalLearningRate: Float = 2e-5
        /// Times that the clips of a round are gone through.
        public var epochs = 1
        /// Updates of the weights in an epoch.
        public var updates = 2
        public var weightDecay: Float = 0
        public var gradientNorm: Float = 1
        /// Clips that go through the network side by side; more take more memory.
        public var clipsAtOnce = 4
        public init() {}
    }

    public struct Evaluation: Codable, Sendable, Equatable {
        /// Rounds between two measurements.
        public var every = 5
        /// Prompts that are held out where no file of their own is given; at most this many are used in any case.
        public var prompts = 32
        /// Nats a clip by which the policy may be away from its start; 0 for no limit.
        public var divergenceBudget = 0.0
        /// Measurements in a row with a worse watched reward after which the run ends; 0 goes on.
        public var patience = 0
        /// Rounds in a row in which no reward differs after which the run ends.
        public var roundsWithoutSignal = 5
        public init() {}
    }

    public init() {}

    /// Parts of a clip that are rewarded by themselves.
    var segments: Int { method == .dragon ? dragon.segments : gradient.segments }

    /// Whether a prompt of a round borrows a clip; such prompts are spread among the others.
    func isBorrowing(place: Int) -> Bool {
        method == .dragon && (Double(place + 1) * dragon.exploration).rounded(.down) > (Double(place) * dragon.exploration).rounded(.down)
    }

    /// - Throws: ``TuningError/invalidSetting(_:_:)``, ``TuningError/unsuitable(method:reason:)`` and what
    ///   ``SampledDistribution`` refuses.
    public func validate() throws {
        func check(_ holds: Bool, _ name: String, _ message: String) throws {
            guard holds else { throw TuningError.invalidSetting(name, message) }
        }
        _ = try SampledDistribution(sampling)
        try check(rounds >= 1, "rounds", "must be at least 1, not \(rounds)")
        try check(seconds > 0 && seconds <= 120, "seconds", "must be above 0 and at most 120, not \(seconds)")
        try check((1...4096).contains(prompts), "prompts", "must be from 1 to 4096, not \(prompts)")
        try check((1...256).contains(samples), "samples", "must be from 1 to 256, not \(samples)")
        try check(beta.isFinite && beta >= 0, "beta", "must be 0 or more, not \(beta)")
        if method.isOffline || method == .dragon { try check(beta > 0, "beta", "must be above 0 for \(method.rawValue)") }
        if !method.isOffline, method != .ppo, samples < 2 {
            throw TuningError.unsuitable(method: method.rawValue, reason: "it compares the clips of a prompt and needs two or more (samples)")
        }
        if method == .dragon { try check(samples % 2 == 0, "samples", "must be even for dragon, not \(samples)") }
        if dragon.labels == .soft, dragon.loss != .dpo || dragon.pairing != .paired {
            throw TuningError.unsuitable(method: "dragon with soft labels", reason: "only paired DPO knows how sure a choice is")
        }
        try check((1...64).contains(dragon.segments), "dragon.segments", "must be from 1 to 64, not \(dragon.segments)")
        if dragon.segments > 1, dragon.loss != .dpo || dragon.pairing != .paired {
            throw TuningError.unsuitable(method: "dragon with segments", reason: "only paired DPO compares parts of clips")
        }
        try check((0...1).contains(dragon.exploration), "dragon.exploration", "must be from 0 to 1, not \(dragon.exploration)")
        if dragon.exploration > 0, dragon.segments > 1 {
            throw TuningError.unsuitable(method: "dragon with segments", reason: "parts are compared of clips of one prompt (exploration 0)")
        }
        try check((0...4096).contains(adapters.rank), "adapters.rank", "must be from 0 to 4096, not \(adapters.rank)")
        try check(adapters.alpha > 0 && adapters.alpha < 1e6, "adapters.alpha", "must be above 0, not \(adapters.alpha)")
        try check((0..<1).contains(gradient.clip), "gradient.clip", "must be from 0 to below 1, not \(gradient.clip)")
        try check((1...64).contains(gradient.segments), "gradient.segments", "must be from 1 to 64, not \(gradient.segments)")
        try check((0...1).contains(gradient.trace), "gradient.trace", "must be from 0 to 1, not \(gradient.trace)")
        try check(gradient.valueWeight >= 0, "gradient.valueWeight", "must not be negative")
        try check(gradient.targetDivergence >= 0, "gradient.targetDivergence", "must not be negative")
        try check((0..<0.5).contains(preferences.flips), "preferences.flips", "must be from 0 to below 0.5, not \(preferences.flips)")
        try check(preferences.likelihood >= 0, "preferences.likelihood", "must not be negative")
        let rate = optimization.learningRate
        try check(rate > 0 && rate < 10, "optimization.learningRate", "must be above 0 and below 10, not \(rate)")
        try check((0...rate).contains(optimization.finalLearningRate), "optimization.finalLearningRate", "must be from 0 to the learning rate \(rate)")
        try check((1...100).contains(optimization.epochs), "optimization.epochs", "must be from 1 to 100")
        try check((1...1000).contains(optimization.updates), "optimization.updates", "must be from 1 to 1000")
        try check(optimization.weightDecay >= 0, "optimization.weightDecay", "must not be negative")
        try check(optimization.gradientNorm > 0, "optimization.gradientNorm", "must be above 0")
        try check((1...1024).contains(optimization.clipsAtOnce), "optimization.clipsAtOnce", "must be from 1 to 1024")
        try check(evaluation.every >= 1, "evaluation.every", "must be at least 1")
        try check(evaluation.prompts >= 1, "evaluation.prompts", "must be at least 1")
        try check(evaluation.divergenceBudget >= 0, "evaluation.divergenceBudget", "must not be negative")
        try check(evaluation.patience >= 0, "evaluation.patience", "must not be negative")
        try check(evaluation.roundsWithoutSignal >= 1, "evaluation.roundsWithoutSignal", "must be at least 1")
        try checkpoints.validate()
    }

    /// The learning rate of a round, falling in a line.
    func rate(at round: Int) -> Float {
        let share = Float(round) / Float(max(rounds - 1, 1)), settings = optimization
        return settings.learningRate + (settings.finalLearningRate - settings.learningRate) * min(share, 1)
    }
}
