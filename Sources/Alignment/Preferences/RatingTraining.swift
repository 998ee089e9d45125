import NeuralCore

/// Learns scorers from people's ratings of recordings, such as opinions of quality from 1 to 5, and tells how well they predict
/// ratings that were held out: the regressor of DRAGON's aesthetics reward (Bai et al., 2025).
///
/// Several members are learned from draws of the ratings with replacement; where they disagree, a score is uncertain.
public struct RatingTraining: Sendable, Equatable {
    public var members = 1
    /// The share of prompts that is held out.
    public var heldOut = 0.2
    /// Of the weights; nil for the one that predicts best within the training prompts.
    public var penalty: Double?
    public var seed: UInt64 = 1

    public init() {}

    public struct Result: Sendable {
        public var scorers: [LinearScorer]
        public var penalty: Double
        public var trainingRatings: Int
        public var heldOutRatings: Int
        /// Pearson's correlation of scores and held-out ratings; nil where a side does not vary.
        public var linearCorrelation: Double?
        /// Spearman's.
        public var rankCorrelation: Double?
        /// √(mean (score − rating)²), in units of the ratings.
        public var error: Double
    }

    /// - Parameters:
    ///   - ratings: of the recordings of the embeddings, higher for better.
    ///   - prompts: the number of each recording's prompt.
    ///   - encoder: the identity of the embeddings' encoder, or of several.
    ///   - promptValues: how many of the last values are a fit to the prompt (``ScorerInput``).
    /// - Throws: ``AlignmentError/invalid(what:reason:)`` for fewer than two prompts or too few ratings.
    public func fit(
        _ ratings: [Double], prompts: [Int], embeddings: [[Double]], encoder: String, promptValues: Int = 0
    ) throws -> Result {
        guard ratings.count == prompts.count, ratings.count == embeddings.count, members > 0 else {
            throw AlignmentError.invalid(
                what: "The ratings", reason: "\(ratings.count) ratings are not for \(prompts.count) prompts and \(embeddings.count) embeddings")
        }
        var rng = Philox(seed: seed)
        let folds = try PromptFolds(prompts, heldOut: heldOut, using: &rng)
        func fitted(_ own: [Int], _ penalty: Double) throws -> LinearScorer {
            try LinearScorer(
                ratings: own.map { ratings[$0] }, embeddings: own.map { embeddings[$0] }, penalty: penalty, encoder: encoder,
                promptValues: promptValues)
        }
        let penalty = try self.penalty ?? folds.bestPenalty { seen, unseen, penalty in
            guard seen.count > 1 else { return 0 }
            let scorer = try fitted(seen, penalty)
            return unseen.reduce(0) { $0 + (scorer(embeddings[$1]) - ratings[$1]) * (scorer(embeddings[$1]) - ratings[$1]) }
        }
        let own = folds.training
        let scorers = try (0..<members).map { _ in
            try fitted(members == 1 ? own : own.map { _ in own[rng.nextInt(below: own.count)] }, penalty)
        }
        let scores = folds.heldOut.map { index in scorers.reduce(0) { $0 + $1(embeddings[index]) } / Double(members) }
        let truth = folds.heldOut.map { ratings[$0] }
        let squares = zip(scores, truth).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return Result(
            scorers: scorers, penalty: penalty, trainingRatings: own.count, heldOutRatings: truth.count,
            linearCorrelation: RewardComparison.correlation(scores, truth),
            rankCorrelation: RewardComparison.correlation(RewardComparison.ranks(scores), RewardComparison.ranks(truth)),
            error: (squares / Double(truth.count)).squareRoot())
    }
}
