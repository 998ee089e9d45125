import Foundation
import NeuralCore

/// Learns a unigram tokeniser from texts.
///
/// Many pieces of words are tried at first. Their probabilities are fitted by expectation maximisation, those that the
/// texts miss least are taken away, and so on until as many are left as are wanted. Pieces never cross the borders of
/// words, digits and punctuation always stand alone, and every printable character of ASCII is a piece, so that words which
/// no text held still come apart into something.
///
/// T. Kudo, "Subword regularization", ACL 2018, section 3.2.
public struct UnigramTrainer: Sendable {
    /// Pieces, with the three that stand for no text.
    public var vocabularySize: Int
    /// In characters, the sign of a word's beginning included.
    public var longestPiece = 16

    static let specials = ["<pad>", "</s>", "<unk>"]

    public init(vocabularySize: Int) { self.vocabularySize = vocabularySize }

    /// The contents of a `tokenizer.json`. Equal texts give equal bytes.
    ///
    /// - Throws: ``TextEncodingError/vocabularyTooSmall(size:needed:)`` where the texts' characters alone are more.
    public func train(on texts: [String]) throws -> [UInt8] {
        let words = Self.words(of: texts)
        var model = try PieceModel(words: words, longest: longestPiece, wanted: vocabularySize - Self.specials.count)
        while true {
            model.fit(rounds: 2)
            guard model.isTooLarge else { break }
            model.prune()
        }
        let pieces = model.pieces.sorted { $0.score == $1.score ? $0.text < $1.text : $0.score > $1.score }
        return Array(Self.file(pieces).text.utf8)
    }

    /// Words as they are cut, each with ▁ in front, and how often they occur; in a fixed order.
    static func words(of texts: [String]) -> [(characters: [Character], count: Double)] {
        var counts: [String: Int] = [:]
        for text in texts {
            let plain = TextNormalization.standard.reduce(text) { $1($0) }
            for word in plain.split(separator: " ") { counts["\u{2581}" + word, default: 0] += 1 }
        }
        return counts.sorted { $0.key < $1.key }.map { (Array($0.key), Double($0.value)) }
    }

    private static func file(_ pieces: [PieceModel.Piece]) -> JSONValue {
        let vocabulary = specials.map { JSONValue.array([.string($0), .number(0)]) }
            + pieces.map { .array([.string($0.text), .number(($0.score * 1e4).rounded() / 1e4)]) }
        let added = specials.enumerated().map { id, text -> JSONValue in
            ["id": .integer(id), "content": .string(text), "single_word": false, "lstrip": false, "rstrip": false,
             "normalized": false, "special": true]
        }
        let spaces: JSONValue = ["type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true]
        let sequence: JSONValue = ["Sequence": ["id": "A", "type_id": .integer(0)]], end: JSONValue = ["SpecialToken": ["id": "</s>", "type_id": .integer(0)]]
        return [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(added),
            "normalizer": ["type": "Sequence", "normalizers": .array(TextNormalization.standard.map(\.settings))],
            "pre_tokenizer": spaces,
            "post_processor": [
                "type": "TemplateProcessing", "single": .array([sequence, end]), "pair": .array([sequence, end]),
                "special_tokens": ["</s>": ["id": "</s>", "ids": .array([.integer(1)]), "tokens": .array(["</s>"])]],
            ],
            "decoder": spaces,
            "model": ["type": "Unigram", "unk_id": .integer(2), "vocab": .array(vocabulary), "byte_fallback": false],
        ]
    }
}
