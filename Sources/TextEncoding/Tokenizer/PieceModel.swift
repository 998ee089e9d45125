import Foundation

/// The pieces that a unigram tokeniser may consist of while it is trained, and the lattices of the words.
struct PieceModel {
    struct Piece {
        let text: String
        /// The logarithm of its probability.
        var score: Double
        /// How often it is expected in the words.
        var count = 0.0
        /// A single character, which always stays.
        let isCharacter: Bool
    }

    private(set) var pieces: [Piece]
    private let words: [(characters: [Character], count: Double)]
    private let wanted: Int
    private var places: [String: Int] = [:]

    /// - Throws: ``TextEncodingError/vocabularyTooSmall(size:needed:)``.
    init(words: [(characters: [Character], count: Double)], longest: Int, wanted: Int) throws {
        (self.words, self.wanted) = (words, wanted)
        var characters: [Character: Double] = ["\u{2581}": 0], longer: [String: Double] = [:]
        for byte in UInt8(0x21)...0x7E where !(0x41...0x5A).contains(byte) { characters[Character(Unicode.Scalar(byte))] = 0 }
        for (word, count) in words {
            for start in word.indices {
                characters[word[start], default: 0] += count
                guard longest > 1 else { continue }
                for end in stride(from: start + 2, through: min(word.count, start + longest), by: 1) {
                    let part = word[start..<end]
                    guard part.dropFirst(start == 0 ? 1 : 0).allSatisfy(\.isLetter) else { break }
                    longer[String(part), default: 0] += count
                }
            }
        }
        let needed = characters.count + UnigramTrainer.specials.count
        guard characters.count <= wanted else {
            throw TextEncodingError.vocabularyTooSmall(size: wanted + UnigramTrainer.specials.count, needed: needed)
        }
        func value(_ entry: (key: String, value: Double)) -> Double { entry.value * Double(entry.key.count) }
        let seeds = longer.filter { $0.value >= 2 }.sorted { value($0) == value($1) ? $0.key < $1.key : value($0) > value($1) }
            .prefix(max(20_000, 10 * wanted))
        pieces = characters.sorted { $0.key < $1.key }.map { Piece(text: String($0.key), score: 0, count: $0.value, isCharacter: true) }
            + seeds.map { Piece(text: $0.key, score: 0, count: $0.value, isCharacter: false) }
        index()
        rescore()
    }

    var isTooLarge: Bool { pieces.count > wanted }

    /// Expectation maximisation.
    mutating func fit(rounds: Int) {
        for _ in 0..<rounds {
            for index in pieces.indices { pieces[index].count = 0 }
            for (word, count) in words { expect(word, count) }
            // Pieces that are hardly used go, as long as there are more than are wanted.
            remove(pieces.count - wanted) { $0.count < 0.5 ? $0.count : nil }
            rescore()
        }
    }

    /// Takes away a quarter of the pieces, or as many as there are too many: those without which the words lose least.
    mutating func prune() {
        let size = max(wanted, pieces.count * 3 / 4)
        remove(pieces.count - size) { [self] in $0.count * ($0.score - bestScore(of: $0.text)) }
    }

    /// Takes away pieces of several characters, at most `limit`, those of the least value first; nil is kept.
    private mutating func remove(_ limit: Int, value: (Piece) -> Double?) {
        guard limit > 0 else { return }
        let candidates = pieces.filter { !$0.isCharacter }.compactMap { piece in value(piece).map { (value: $0, text: piece.text) } }
        let order = candidates.sorted { $0.value == $1.value ? $0.text < $1.text : $0.value < $1.value }
        let gone = Set(order.prefix(limit).map(\.text))
        pieces.removeAll { gone.contains($0.text) }
        index()
    }

    private mutating func index() {
        places = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { ($0.element.text, $0.offset) })
    }

    /// The counts as probabilities under a sparse prior: e^ψ instead of the counts themselves.
    private mutating func rescore() {
        let counts = pieces.map { max($0.count, 0.1) }, whole = Self.digamma(counts.reduce(0, +))
        for index in pieces.indices { pieces[index].score = Self.digamma(counts[index]) - whole }
    }

    private func edges(_ word: [Character]) -> [(start: Int, end: Int, piece: Int)] {
        word.indices.flatMap { start in
            (start + 1...word.count).compactMap { end in places[String(word[start..<end])].map { (start, end, $0) } }
        }
    }

    /// Adds the expected number of each piece in a word that occurs `count` times.
    private mutating func expect(_ word: [Character], _ count: Double) {
        let edges = edges(word), length = word.count
        var before = [Double](repeating: -.infinity, count: length + 1), after = before
        (before[0], after[length]) = (0, 0)
        for edge in edges { before[edge.end] = Self.logSum(before[edge.end], before[edge.start] + pieces[edge.piece].score) }
        for edge in edges.reversed() {
            after[edge.start] = Self.logSum(after[edge.start], after[edge.end] + pieces[edge.piece].score)
        }
        for edge in edges {
            pieces[edge.piece].count += count * exp(before[edge.start] + pieces[edge.piece].score + after[edge.end] - before[length])
        }
    }

    /// The score of the best way to write a piece by others.
    private func bestScore(of text: String) -> Double {
        let word = Array(text)
        var best = [Double](repeating: -.infinity, count: word.count + 1)
        best[0] = 0
        for edge in edges(word) where edge.end - edge.start < word.count {
            best[edge.end] = max(best[edge.end], best[edge.start] + pieces[edge.piece].score)
        }
        return best[word.count]
    }

    private static func logSum(_ a: Double, _ b: Double) -> Double {
        let (high, low) = (max(a, b), min(a, b))
        return low == -.infinity ? high : high + log1p(exp(low - high))
    }

    /// ψ, the derivative of log Γ: its asymptotic series, after steps up to where that is exact.
    static func digamma(_ x: Double) -> Double {
        var x = x, shift = 0.0
        while x < 8 {
            shift -= 1 / x
            x += 1
        }
        let square = 1 / (x * x)
        return shift + log(x) - 0.5 / x - square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
    }
}
