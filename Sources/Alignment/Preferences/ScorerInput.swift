import AudioEmbeddings

/// What a ``LinearScorer`` judges: a clip's embeddings by one encoder or several, one after the other, and for a scorer that
/// reads prompts the cosine of each embedding to the prompt's, −1 to 1, of the encoders that read text.
///
/// MusicRL's model of preferences hears the clip and reads its caption too (Cideron et al., 2024).
public struct ScorerInput: Sendable {
    private let encoders: [any AudioEncoder]
    private let fits: [CLAPReward]

    /// - Parameter encoders: at least one.
    /// - Throws: `EncoderError.noTextSide` where prompts are to be read and no encoder reads text.
    public init(encoders: [any AudioEncoder], readsPrompts: Bool) throws {
        guard let first = encoders.first else {
            throw AlignmentError.invalid(what: "The scorer", reason: "it needs an encoder")
        }
        let texts = readsPrompts ? encoders.compactMap { $0 as? any AudioTextEncoder } : []
        if readsPrompts, texts.isEmpty { throw EncoderError.noTextSide(encoder: first.name) }
        self.encoders = encoders
        fits = texts.map { CLAPReward(encoder: $0, target: .prompts($0)) }
    }

    /// Values of a clip.
    public var count: Int { encoders.reduce(fits.count) { $0 + $1.dimension } }
    /// How many of them, the last ones, are a fit to the prompt.
    public var promptValues: Int { fits.count }
    /// Differs wherever a value could.
    public var identity: String { encoders.map(\.identity).joined(separator: " and ") }
    var names: String { encoders.map(\.name).joined(separator: " and ") }
    var rules: [String] { encoders.map(\.rule) }

    /// Of each clip; or why there are none, such as that it has no prompt.
    func values(of batch: ClipBatch) throws -> [Result<[Double], Missing>] {
        let embeddings = try encoders.map { try batch.summaries(by: $0) }, scores = try fits.map { try $0.clipScores(of: batch) }
        return batch.clips.indices.map { clip in
            var values = embeddings.flatMap { $0[clip] }
            for score in scores.map({ $0[clip] }) {
                guard let fit = score.score else { return .failure(Missing(reason: score.reason ?? "unknown")) }
                values.append(fit.measure)
            }
            return .success(values)
        }
    }

    struct Missing: Error { let reason: String }

    /// Of clips that all must have them, to learn from. `[clips][count]`
    ///
    /// - Throws: ``AlignmentError/invalid(what:reason:)`` for a clip that has none.
    public func allValues(of batch: ClipBatch) throws -> [[Double]] {
        try zip(batch.clips, values(of: batch)).map { clip, values in
            switch values {
            case .success(let values): return values
            case .failure(let missing): throw AlignmentError.invalid(what: clip.name, reason: missing.reason)
            }
        }
    }
}
