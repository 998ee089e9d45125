import AudioEmbeddings

/// What a scorer that was learned from people's ratings or choices says of a clip.
public struct ScorerReward: ClipReward {
    public let name: String
    public let kind = RewardKind.instance
    private let encoder: any AudioEncoder
    private let scorer: LinearScorer
    private let path: String

    /// - Throws: ``AlignmentError/invalidFile(path:reason:)`` for a scorer of another encoder's embeddings.
    public init(name: String = "scorer", encoder: any AudioEncoder, scorer: LinearScorer, path: String) throws {
        guard scorer.encoder == encoder.identity, scorer.weights.count == encoder.dimension else {
            throw AlignmentError.invalidFile(
                path: path, reason: "it was learned from another encoder's embeddings than those of \(encoder.name)")
        }
        (self.name, self.encoder, self.scorer, self.path) = (name, encoder, scorer, path)
    }

    public var remarks: [String] { ["\(name): \(path) on embeddings by \(encoder.name)", encoder.rule] }

    public func clipScores(of batch: ClipBatch) throws -> [ClipScore] {
        try batch.summaries(by: encoder).map { .checked(Score(scorer($0))) }
    }
}

extension ScorerReward {
    static let definition = RewardDefinition(
        name: "scorer", summary: "a score learned from ratings or choices"
    ) { settings, context in
        guard let path = try settings.path("model") else {
            throw settings.fault("model", "is missing: the file of a scorer")
        }
        return try ScorerReward(
            name: settings.label("scorer"), encoder: context.encoder(settings.encoder()),
            scorer: LinearScorer(reading: path), path: path)
    }
}
