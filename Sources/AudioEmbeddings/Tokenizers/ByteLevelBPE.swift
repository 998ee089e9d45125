import ModelLibrary
import NeuralCore

/// Byte-pair encoding over bytes, as GPT-2 and RoBERTa use it: any text has tokens.
///
/// A text is cut into words (each with the space before it), numbers and other signs; of each piece the bytes are
/// joined, always the pair that comes first in the list of merges. Names of special tokens in the text are text.
///
/// R. Sennrich et al., "Neural machine translation of rare words with subword units", 2016; A. Radford et al., "Language
/// models are unsupervised multitask learners", 2019.
public struct ByteLevelBPE: Sendable {
    private struct Merge {
        let rank: Int
        let id: Int
    }

    private let vocabulary: JSONObject
    private let mergeText: String
    private let addsSpace: Bool
    private let unknown: Int
    /// The tokens of single bytes.
    private let byteIDs: [Int]
    /// What a pair of tokens becomes; the key holds both.
    private let merges: [UInt64: Merge]
    let largestID: Int

    /// - Parameters:
    ///   - vocabulary: ids of tokens, whose bytes are written as printable characters.
    ///   - merges: pairs in the order in which they were learned.
    ///   - addsSpace: whether a text that begins without a space gets one.
    /// - Throws: ``EncoderError/invalidTokenizer(path:reason:)``.
    init(vocabulary: JSONObject, merges pairs: [(Substring, Substring)], addsSpace: Bool, path: String) throws {
        func fault(_ reason: String) -> EncoderError { .invalidTokenizer(path: path, reason: reason) }
        var ids: [String: Int] = [:]
        for token in vocabulary.keys {
            guard let id = vocabulary[token]?.int, (0..<1 << 24).contains(id) else {
                throw fault("the id of \(token.prefix(40)) is no number")
            }
            ids[token] = id
        }
        var merges: [UInt64: Merge] = [:]
        for (rank, pair) in pairs.enumerated() {
            guard let left = ids[String(pair.0)], let right = ids[String(pair.1)], let joined = ids[String(pair.0 + pair.1)] else {
                throw fault("merge \(rank + 1), \(pair.0.prefix(40)) and \(pair.1.prefix(40)), is not of known tokens")
            }
            let key = Self.key(left, right)
            if merges[key] == nil { merges[key] = Merge(rank: rank, id: joined) }
        }
        let unknown = ids["<unk>"] ?? -1
        byteIDs = Self.alphabet.map { ids[String($0)] ?? unknown }
        guard !byteIDs.contains(-1) else { throw fault("it lacks single bytes and has no <unk>") }
        (self.vocabulary, self.merges, self.addsSpace, self.unknown) = (vocabulary, merges, addsSpace, unknown)
        mergeText = pairs.map { "\($0.0) \($0.1)" }.joined(separator: "\n")
        largestID = ids.values.max() ?? 0
    }

    /// The tokens' ids, without beginning and end.
    public func encode(_ text: String) -> [Int] {
        let text = addsSpace && !text.hasPrefix(" ") && !text.isEmpty ? " " + text : text
        return TextPieces.split(text).flatMap { joined($0.utf8.map { byteIDs[Int($0)] }) }
    }

    private func joined(_ symbols: [Int]) -> [Int] {
        var symbols = symbols
        while symbols.count > 1 {
            var best: (place: Int, merge: Merge)?
            for place in 0..<symbols.count - 1 {
                guard let merge = merges[Self.key(symbols[place], symbols[place + 1])] else { continue }
                if best == nil || merge.rank < best!.merge.rank { best = (place, merge) }
            }
            guard let (_, merge) = best else { break }
            // All places of this pair at once, from the left.
            var result: [Int] = [], place = 0
            while place < symbols.count {
                if place + 1 < symbols.count, let other = merges[Self.key(symbols[place], symbols[place + 1])], other.rank == merge.rank {
                    result.append(merge.id)
                    place += 2
                } else {
                    result.append(symbols[place])
                    place += 1
                }
            }
            symbols = result
        }
        return symbols
    }

    private static func key(_ left: Int, _ right: Int) -> UInt64 {
        UInt64(UInt32(truncatingIfNeeded: left)) << 32 | UInt64(UInt32(truncatingIfNeeded: right))
    }

    /// The character that stands for each byte: itself where it can be printed, else one from U+0100 on.
    static let alphabet: [Character] = {
        var next: UInt32 = 256
        return (0..<256).map { (byte: UInt32) in
            let isPrintable = (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174
            defer { if !isPrintable { next += 1 } }
            return Character(Unicode.Scalar(isPrintable ? byte : next)!)
        }
    }()
}

extension ByteLevelBPE {
    /// `tokenizer.json`, or else `vocab.json` and `merges.txt`; nil where a folder has neither.
    init?(_ folder: HuggingFaceFolder) throws {
        let path = folder.path
        let settings = try folder.json("tokenizer_config.json") ?? .null
        if let file = try folder.json("tokenizer.json") {
            let model = file["model"]
            guard model["type"].string == "BPE" || model["type"].isNull, let vocabulary = model["vocab"].object,
                let list = model["merges"].array
            else {
                throw EncoderError.invalidTokenizer(path: path, reason: "tokenizer.json holds no byte-pair encoding")
            }
            guard file["normalizer"].isNull, file["pre_tokenizer"]["type"].string == "ByteLevel" else {
                throw EncoderError.invalidTokenizer(
                    path: path, reason: "tokenizer.json does not work on bytes, or changes texts first")
            }
            let pairs = try list.map { entry in
                if let text = entry.string { return try Self.pair(text[...], path) }
                guard let parts = entry.strings, parts.count == 2 else {
                    throw EncoderError.invalidTokenizer(path: path, reason: "tokenizer.json has a merge that is no pair")
                }
                return (parts[0][...], parts[1][...])
            }
            let addsSpace = file["pre_tokenizer"]["add_prefix_space"].bool ?? settings["add_prefix_space"].bool ?? false
            try self.init(vocabulary: vocabulary, merges: pairs, addsSpace: addsSpace, path: path)
        } else if let vocabulary = try folder.json("vocab.json"), let text = try folder.text("merges.txt") {
            guard let vocabulary = vocabulary.object else {
                throw EncoderError.invalidTokenizer(path: path, reason: "vocab.json is no object")
            }
            try self.init(
                vocabulary: vocabulary, merges: Self.pairs(text, path),
                addsSpace: settings["add_prefix_space"].bool ?? false, path: path)
        } else {
            return nil
        }
    }

    /// From the settings of a model file.
    init(settings: JSONValue, path: String) throws {
        guard let vocabulary = settings["vocabulary"].object, let merges = settings["merges"].string else {
            throw EncoderError.invalidTokenizer(path: path, reason: "vocabulary or merges are missing")
        }
        try self.init(
            vocabulary: vocabulary, merges: Self.pairs(merges, path), addsSpace: settings["addsSpace"].bool ?? false,
            path: path)
    }

    /// Everything that makes this tokenizer, for a model file.
    var settings: JSONValue {
        .object(["vocabulary": .object(vocabulary), "merges": .string(mergeText), "addsSpace": .bool(addsSpace)])
    }

    private static func pairs(_ text: String, _ path: String) throws -> [(Substring, Substring)] {
        try text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#version") }.map { try pair($0, path) }
    }

    private static func pair(_ line: Substring, _ path: String) throws -> (Substring, Substring) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw EncoderError.invalidTokenizer(path: path, reason: "the merge \"\(line.prefix(40))\" is no pair")
        }
        return (parts[0], parts[1])
    }
}
