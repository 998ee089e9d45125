import Foundation
import NeuralCore

extension UnigramTokenizer {
    /// Reads `spiece.model`, a SentencePiece model.
    ///
    /// - Parameter path: what errors call the file.
    /// - Throws: ``TextEncodingError/invalidTokenizer(path:reason:)``.
    public init(sentencePiece bytes: [UInt8], path: String) throws {
        func fault(_ reason: String) -> TextEncodingError { .invalidTokenizer(path: path, reason: reason) }
        var pieces: [Piece] = [], map = CharacterMap(), unknown: Int?
        do {
            var model = ProtocolBuffer(bytes[...])
            while let (field, value) = try model.next() {
                guard let message = value.bytes else { continue }
                switch field {
                case 1:
                    let (piece, kind) = try Self.piece(message)
                    if kind == .unknown { unknown = pieces.count }
                    pieces.append(piece)
                case 2:
                    guard try Self.isUnigram(message) else {
                        throw fault("it is no unigram model without byte fallback, the only kind that is read")
                    }
                case 3:
                    guard let read = CharacterMap(try Self.characterMap(message)) else {
                        throw fault("its character map is damaged")
                    }
                    map = read
                default: break
                }
            }
        } catch is ProtocolBuffer.Malformed {
            throw fault("it is no SentencePiece model, or damaged")
        }
        guard let unknown else { throw fault("it has no piece for unknown characters") }
        guard let end = pieces.firstIndex(where: { $0.text == "</s>" }) else { throw fault("it has no piece </s>") }
        self.init(pieces: pieces, unknownID: unknown, endID: end, map: map)
    }

    private enum PieceKind: Int { case normal = 1, unknown, control, userDefined, unused, byte }

    private static func piece(_ bytes: ArraySlice<UInt8>) throws -> (Piece, PieceKind) {
        var message = ProtocolBuffer(bytes), piece = Piece(text: "", score: 0), kind = PieceKind.normal
        while let (field, value) = try message.next() {
            switch field {
            case 1: piece.text = String(decoding: value.bytes ?? [], as: UTF8.self)
            case 2: piece.score = value.float ?? 0
            case 3: kind = value.int.flatMap(PieceKind.init) ?? .unused
            default: break
            }
        }
        guard piece.score.isFinite else { throw ProtocolBuffer.Malformed() }
        piece.isText = kind == .normal || kind == .userDefined
        return (piece, kind)
    }

    private static func isUnigram(_ bytes: ArraySlice<UInt8>) throws -> Bool {
        var message = ProtocolBuffer(bytes), kind = 1, hasFallback = false
        while let (field, value) = try message.next() {
            if field == 3 { kind = value.int ?? 0 }
            if field == 35 { hasFallback = value.int != 0 }
        }
        return kind == 1 && !hasFallback
    }

    private static func characterMap(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
        var message = ProtocolBuffer(bytes), map: [UInt8] = []
        while let (field, value) = try message.next() {
            if field == 2 { map = Array(value.bytes ?? []) }
        }
        return map
    }

    /// Reads `tokenizer.json`, the form of Hugging Face's libraries.
    ///
    /// - Throws: ``TextEncodingError/invalidTokenizer(path:reason:)``.
    public init(json bytes: [UInt8], path: String) throws {
        func fault(_ reason: String) -> TextEncodingError { .invalidTokenizer(path: path, reason: reason) }
        var options = JSONOptions()
        options.maximumValues = 4_000_000
        let root: JSONValue
        do {
            root = try JSONValue(parsing: bytes, options: options)
        } catch {
            throw fault("it is not valid JSON (\(error))")
        }
        let model = root["model"]
        guard model["type"].string == "Unigram", model["byte_fallback"].bool != true else {
            throw fault("it is no unigram model without byte fallback, the only kind that is read")
        }
        guard let vocabulary = model["vocab"].array, let unknown = model["unk_id"].int,
            vocabulary.indices.contains(unknown)
        else { throw fault("its vocabulary or the number of the unknown piece is missing") }
        var pieces: [Piece] = []
        pieces.reserveCapacity(vocabulary.count)
        for entry in vocabulary {
            guard let text = entry[0].string, let score = entry[1].float, score.isFinite else {
                throw fault("piece \(pieces.count) is no text with a score")
            }
            pieces.append(Piece(text: text, score: score))
        }
        pieces[unknown].isText = false
        for token in root["added_tokens"].array ?? [] where token["special"].bool == true {
            if let id = token["id"].int, pieces.indices.contains(id) { pieces[id].isText = false }
        }
        guard let end = pieces.firstIndex(where: { $0.text == "</s>" }) else { throw fault("it has no piece </s>") }
        var map = CharacterMap()
        if let text = Self.precompiled(root["normalizer"]) {
            guard let data = Data(base64Encoded: text), let read = CharacterMap([UInt8](data)) else {
                throw fault("its character map is damaged")
            }
            map = read
        }
        self.init(
            pieces: pieces, unknownID: unknown, endID: end, map: map, steps: TextNormalization.steps(root["normalizer"]))
    }

    /// The character map of a normaliser or of one in a sequence of them.
    private static func precompiled(_ normalizer: JSONValue) -> String? {
        if normalizer["type"].string == "Precompiled" { return normalizer["precompiled_charsmap"].string }
        return (normalizer["normalizers"].array ?? []).lazy.compactMap { precompiled($0) }.first
    }
}
