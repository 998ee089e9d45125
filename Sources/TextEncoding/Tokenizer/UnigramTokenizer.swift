import NeuralCore

/// Cuts text into the most probable sequence of pieces, as T5's SentencePiece model does.
///
/// Special tokens that are written out in the text are plain text.
///
/// T. Kudo, "Subword regularization: improving neural network translation models with multiple subword candidates",
/// ACL 2018; T. Kudo and J. Richardson, "SentencePiece", EMNLP 2018.
public struct UnigramTokenizer: Sendable {
    /// Ends every text.
    public let endID: Int
    public let unknownID: Int
    /// One more than the largest number of a piece.
    public let vocabularySize: Int
    private let steps: [TextNormalization]
    private let map: CharacterMap
    private let trie: PieceTrie
    private let scores: [Float]
    private let unknownScore: Float

    /// A piece of the vocabulary; its number is its place.
    struct Piece {
        var text: String
        /// The logarithm of its probability.
        var score: Float
        /// Whether it may stand for text.
        var isText = true
    }

    init(pieces: [Piece], unknownID: Int, endID: Int, map: CharacterMap, steps: [TextNormalization] = []) {
        (self.unknownID, self.endID, self.map, self.steps) = (unknownID, endID, map, steps)
        vocabularySize = pieces.count
        let scores = pieces.map(\.score)
        self.scores = scores
        let text = pieces.indices.filter { pieces[$0].isText && !pieces[$0].text.isEmpty }
        trie = PieceTrie(text.map { (Array(pieces[$0].text.utf8), $0) })
        unknownScore = (text.map { scores[$0] }.min() ?? 0) - 10
    }

    /// The numbers of the text's pieces and the end's; for empty text only the end's.
    public func encode(_ text: String) -> [Int] { pieces(of: bytes(of: text)) { _ in true } + [endID] }

    /// The same with each piece of several characters forbidden, place by place, with some probability, so that a network
    /// learns of the pieces that words come apart into.
    ///
    /// I. Provilkov et al., "BPE-dropout: simple and effective subword regularization", ACL 2020.
    public func encode(_ text: String, dropout: Float, using rng: inout Philox) -> [Int] {
        pieces(of: bytes(of: text)) { _ in rng.nextUniform() >= dropout } + [endID]
    }

    private func bytes(of text: String) -> [UInt8] { normalized(Array(steps.reduce(text) { $1($0) }.utf8)) }

    private static let space = Array("\u{2581}".utf8)

    /// Applies the character map, makes every run of spaces one ▁, puts one in front and removes those at the end.
    func normalized(_ text: [UInt8]) -> [UInt8] {
        var result = Self.space, endsInSpace = true, position = 0
        while position < text.count {
            let (replacement, length) = map.prefix(of: text, at: position)
            position += length
            for byte in replacement {
                if byte != UInt8(ascii: " ") {
                    result.append(byte)
                    endsInSpace = false
                } else if !endsInSpace {
                    result += Self.space
                    endsInSpace = true
                }
            }
        }
        if endsInSpace { result.removeLast(Self.space.count) }
        return result
    }

    /// The best path through the lattice of pieces (Viterbi); of equal ones the first that is found.
    ///
    /// - Parameter mayUse: asked for each place of a piece of more than one character.
    private func pieces(of text: [UInt8], mayUse: (_ id: Int) -> Bool) -> [Int] {
        var best = [(score: Float, start: Int, id: Int)](repeating: (0, -1, 0), count: text.count + 1)
        var start = 0
        while start < text.count {
            let score = best[start].score, width = min(CharacterMap.scalarLength(text[start]), text.count - start)
            var hasSingle = false
            func offer(_ id: Int, _ length: Int, _ own: Float) {
                let end = start + length, sum = score + own
                if best[end].start < 0 || sum > best[end].score { best[end] = (sum, start, id) }
            }
            trie.forEachPrefix(of: text, at: start) { id, length in
                if length == width { hasSingle = true } else if !mayUse(id) { return }
                offer(id, length, scores[id])
            }
            if !hasSingle { offer(unknownID, width, unknownScore) }
            start += width
        }
        var result: [Int] = [], end = text.count
        while end > 0 {
            // Neighbouring unknown characters are one unknown piece.
            if best[end].id != unknownID || result.last != unknownID { result.append(best[end].id) }
            end = best[end].start
        }
        return result.reversed()
    }
}
