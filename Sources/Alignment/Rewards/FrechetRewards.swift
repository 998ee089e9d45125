import AudioEmbeddings
import AudioMetrics
import NeuralCore

/// Minus the Fréchet distance of each clip's stretches to a reference set.
///
/// A clip of a single stretch has no covariance, which then counts as zero: its distance is that to the reference's mean,
/// squared, plus the reference's total variance.
public struct PerSongFrechetReward: ClipReward {
    public let name: String
    public let kind = RewardKind.instanceToDistribution
    private let encoder: any AudioEncoder
    private let exemplars: Exemplars
    private let statistics: GaussianStatistics

    public init(name: String = "per-song-fad", encoder: any AudioEncoder, exemplars: Exemplars) throws {
        (self.name, self.encoder, self.exemplars) = (name, encoder, exemplars)
        statistics = try GaussianStatistics(exemplars.embeddings)
    }

    public var remarks: [String] {
        ["\(name): Fréchet distance of each clip to \(exemplars.description) by \(encoder.name)", encoder.rule]
            + SetReferences.warnings(exemplars, encoder)
    }

    public func clipScores(of batch: ClipBatch) throws -> [ClipScore] {
        try FrechetDistance.perSong(batch.embeddings(by: encoder), reference: statistics).map { .checked(Score(distance: $0.value)) }
    }
}

/// Minus the Fréchet distance of the stretches of all clips to a reference set (FAD), as it is or extrapolated to
/// infinitely many embeddings (FAD∞).
public struct FrechetReward: SetReward {
    public let name: String
    private let encoder: any AudioEncoder
    private let exemplars: Exemplars
    private let statistics: GaussianStatistics
    private let extrapolation: FrechetExtrapolation.Options?

    public init(
        name: String = "fad", encoder: any AudioEncoder, exemplars: Exemplars,
        extrapolation: FrechetExtrapolation.Options? = nil
    ) throws {
        (self.name, self.encoder, self.exemplars, self.extrapolation) = (name, encoder, exemplars, extrapolation)
        statistics = try GaussianStatistics(exemplars.embeddings)
    }

    public var remarks: [String] {
        let draws = extrapolation.map {
            ", extrapolated from \($0.draws) draws of \($0.smallest) embeddings and more, seed \($0.seed)"
        } ?? ""
        return ["\(name): Fréchet distance of all clips to \(exemplars.description) by \(encoder.name)\(draws)", encoder.rule]
    }

    public func score(of batch: ClipBatch, members: [Int]) throws -> SetScore {
        try SetReferences.defined(name) {
            let set = try batch.pooled(members, by: encoder)
            guard let extrapolation else {
                let distance = try FrechetDistance.between(GaussianStatistics(set), statistics)
                return SetScore(Score(distance: distance.value), warnings: distance.warnings.map(\.description))
            }
            let line = try FrechetExtrapolation(of: set, reference: statistics, options: extrapolation)
            return SetScore(Score(distance: line.value), warnings: SetReferences.warnings(exemplars, encoder))
        }
    }
}

enum SetReferences {
    /// Gives what a distance finds wrong with a set the reward's name.
    static func defined(_ name: String, _ body: () throws -> SetScore) throws -> SetScore {
        do {
            let score = try body()
            guard score.score.reward.isFinite else {
                throw AlignmentError.undefinedSetReward(reward: name, reason: "it is \(score.score.measure)")
            }
            return score
        } catch let error as EmbeddingError {
            throw AlignmentError.undefinedSetReward(reward: name, reason: error.localizedDescription)
        }
    }

    /// A reference set too small for its covariance.
    static func warnings(_ exemplars: Exemplars, _ encoder: any AudioEncoder) -> [String] {
        let count = exemplars.embeddings.count
        guard count <= encoder.dimension else { return [] }
        let sizes = "\(count) embeddings of \(encoder.dimension) dimensions"
        return ["the reference has \(sizes): its covariance is singular; more recordings would be better"]
    }
}

extension PerSongFrechetReward {
    static let definition = RewardDefinition(
        name: "per-song-fad", summary: "Fréchet distance of each clip to a reference set"
    ) { settings, context in
        let reference = try context.reference(of: settings)
        return try PerSongFrechetReward(
            name: settings.label("per-song-fad"), encoder: reference.encoder, exemplars: reference.exemplars)
    }
}

extension FrechetReward {
    static let definition = RewardDefinition(
        name: "fad", summary: "Fréchet distance of all clips to a reference set"
    ) { settings, context in
        let reference = try context.reference(of: settings)
        return try FrechetReward(
            name: settings.label("fad"), encoder: reference.encoder, exemplars: reference.exemplars)
    }

    static let infinityDefinition = RewardDefinition(
        name: "fad-inf", summary: "the same, extrapolated to infinitely many embeddings"
    ) { settings, context in
        var options = FrechetExtrapolation.Options()
        options.seed = context.seed
        options.smallest = try settings.wholeNumber("smallest", in: 2...1_000_000) ?? options.smallest
        options.draws = try settings.wholeNumber("draws", in: 2...10_000) ?? options.draws
        let reference = try context.reference(of: settings)
        return try FrechetReward(
            name: settings.label("fad-inf"), encoder: reference.encoder, exemplars: reference.exemplars, extrapolation: options)
    }
}
