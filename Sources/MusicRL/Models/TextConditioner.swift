import ModelLibrary
import NeuralCore
import TextEncoding

/// Makes of a prompt the states that a decoder attends to.
public struct TextConditioner: Sendable {
    /// Longer prompts are refused; T5 was trained on 512 pieces.
    public static let longestPrompt = 1024

    public let tokenizer: UnigramTokenizer
    public let encoder: T5Encoder
    /// To the decoder's width; nil where the encoder has it.
    private let projection: Linear?

    public init(tokenizer: UnigramTokenizer, encoder: T5Encoder, projection: Linear?) {
        (self.tokenizer, self.encoder, self.projection) = (tokenizer, encoder, projection)
    }

    /// An installed text encoder by itself.
    ///
    /// - Throws: `ModelError`, `CheckpointError`, ``MusicGenerationError``.
    public init(_ file: ModelFile) throws {
        try file.require([.textEncoder])
        let configuration = try T5Configuration(file.settings["t5"], path: file.path)
        tokenizer = try UnigramTokenizer(file)
        try tokenizer.check(against: configuration, path: file.path)
        encoder = try T5Encoder(configuration, weights: file.file)
        projection = nil
    }

    /// Nil for a prompt without words, which is the null condition.
    ///
    /// - Throws: ``MusicGenerationError/promptTooLong(pieces:limit:)``.
    public func states(_ prompt: String) throws -> TextStates? {
        let ids = tokenizer.encode(prompt)
        guard ids.count > 1 else { return nil }
        guard ids.count <= Self.longestPrompt else {
            throw MusicGenerationError.promptTooLong(pieces: ids.count, limit: Self.longestPrompt)
        }
        return TextStates(states([ids]).squeezed(at: 0), tempo: prompt.namedTempo)
    }

    /// Projected states of texts padded to one length: `[batch, pieces, width]`.
    func states(_ ids: [[Int]], lengths: [Int]? = nil) -> Tensor {
        let states = encoder(ids, lengths: lengths)
        let projected = projection.map { $0(states) } ?? states
        guard let lengths else { return projected }
        let mask = lengths.flatMap { own in (0..<ids[0].count).map { $0 < own ? Float(1) : 0 } }
        return projected * Tensor(mask, shape: [lengths.count, ids[0].count, 1])
    }
}
