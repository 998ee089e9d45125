import AudioEmbeddings

/// What a scorer that was learned from people's ratings or choices says of a clip.
public struct ScorerReward: ClipReward {
    public let name: String
    public let kind = RewardKind.instance
    private let input: ScorerInput
    private let scorer: LinearScorer
    private let path: String

    /// - Parameter encoders: those that the scorer was learned with, in their order.
    /// - Throws: ``AlignmentError/invalidFile(path:reason:)`` for a scorer of other encoders' embeddings.
    public init(name: String = "scorer", encoders: [any AudioEncoder], scorer: LinearScorer, path: String) throws {
        input = try ScorerInput(encoders: encoders, readsPrompts: scorer.readsPrompts)
        guard scorer.encoder == input.identity, scorer.weights.count == input.count, scorer.promptValues == input.promptValues else {
            throw AlignmentError.invalidFile(
                path: path, reason: "it was learned from another encoder's embeddings than those of \(input.names)")
        }
        (self.name, self.scorer, self.path) = (name, scorer, path)
    }

    public var remarks: [String] {
        ["\(name): \(path) on embeddings by \(input.names)\(scorer.readsPrompts ? ", and on the fit to the prompt" : "")"] + input.rules
    }

    public func clipScores(of batch: ClipBatch) throws -> [ClipScore] {
        try input.values(of: batch).map { values in
            switch values {
            case .success(let values): .checked(Score(scorer(values)))
            case .failure(let missing): .undefined(missing.reason)
            }
        }
    }
}

extension ScorerReward {
    static let definition = RewardDefinition(
        name: "scorer", summary: "a score learned from ratings or choices"
    ) { settings, context in
        guard let path = try settings.path("model") else {
            throw settings.fault("model", "is missing: the file of a scorer")
        }
        let scorer = try LinearScorer(reading: path)
        let encoders = try settings.encoders()?.map { try context.encoder($0) }
            ?? [settings.encoder()].map { try scorer.readsPrompts ? context.textEncoder($0) : context.encoder($0) }
        return try ScorerReward(name: settings.label("scorer"), encoders: encoders, scorer: scorer, path: path)
    }
}
