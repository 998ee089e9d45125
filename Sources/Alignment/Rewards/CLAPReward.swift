import AudioEmbeddings
import AudioMetrics

/// How well a clip fits its prompt, or exemplars: the cosine of embeddings of one space, −1 to 1.
///
/// Against a prompt this is the CLAP score. Against exemplars it is the cosine to their mean embedding.
public struct CLAPReward: ClipReward {
    public enum Target: Sendable {
        /// Each clip's own prompt.
        case prompts(any AudioTextEncoder)
        case exemplars(Exemplars)
    }

    public let name: String
    private let encoder: any AudioEncoder
    private let target: Target

    public var kind: RewardKind { if case .prompts = target { .instance } else { .instanceToDistribution } }

    public init(name: String = "clap", encoder: any AudioEncoder, target: Target) {
        (self.name, self.encoder, self.target) = (name, encoder, target)
    }

    public var remarks: [String] {
        let reference = if case .exemplars(let exemplars) = target { "the mean of \(exemplars.description)" } else { "the prompt" }
        return ["\(name): cosine to \(reference) by \(encoder.name)", encoder.rule]
    }

    public func clipScores(of batch: ClipBatch) throws -> [ClipScore] {
        let clips = try batch.summaries(by: encoder)
        switch target {
        case .exemplars(let exemplars):
            let mean = exemplars.summaries.mean
            return clips.map { Self.cosine($0, mean) }
        case .prompts(let texts):
            var known: [String: [Double]] = [:]
            return try batch.clips.enumerated().map { index, clip in
                guard let prompt = clip.prompt else {
                    return .undefined("it has no prompt; give one with --prompt or --prompts")
                }
                let text = try known[prompt] ?? texts.embedding(ofText: prompt).map(Double.init)
                known[prompt] = text
                return Self.cosine(clips[index], text)
            }
        }
    }

    static func cosine(_ a: [Double], _ b: [Double]) -> ClipScore {
        let dot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        let lengths = [a, b].map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        guard lengths[0] > 0, lengths[1] > 0 else { return .undefined("an embedding is zero and has no direction") }
        return .checked(Score(min(max(dot / lengths[0] / lengths[1], -1), 1)))
    }
}

extension CLAPReward {
    static let definition = RewardDefinition(
        name: "clap", summary: "cosine of clip and prompt (or exemplars) in a CLAP model's space"
    ) { settings, context in
        guard let path = try settings.path("reference") else {
            let encoder = try context.textEncoder(settings.encoder())
            return CLAPReward(name: try settings.label("clap"), encoder: encoder, target: .prompts(encoder))
        }
        let encoder = try context.encoder(settings.encoder())
        return CLAPReward(
            name: try settings.label("clap"), encoder: encoder, target: .exemplars(try context.exemplars(path, encoder)))
    }
}
