/// Cuts a text as GPT-2 does before its bytes are joined: English contractions; letters, digits or other signs, each run
/// with one space before it; what remains of runs of blanks.
enum TextPieces {
    static func split(_ text: String) -> [String] {
        let scalars = Array(text.unicodeScalars), kinds = scalars.map(Kind.init)
        var pieces: [String] = [], start = 0
        while start < scalars.count {
            let end = end(of: start, scalars, kinds)
            var piece = String.UnicodeScalarView()
            piece.append(contentsOf: scalars[start..<end])
            pieces.append(String(piece))
            start = end
        }
        return pieces
    }

    private enum Kind {
        case letter, number, blank, other

        init(_ scalar: Unicode.Scalar) {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
            case .decimalNumber, .letterNumber, .otherNumber: self = .number
            default: self = scalar.properties.isWhitespace ? .blank : .other
            }
        }
    }

    private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map { Array($0.unicodeScalars) }

    private static func end(of start: Int, _ scalars: [Unicode.Scalar], _ kinds: [Kind]) -> Int {
        if scalars[start] == "'", let found = contractions.first(where: { scalars[start...].starts(with: $0) }) {
            return start + found.count
        }
        let first = scalars[start] == " " ? start + 1 : start
        if first < scalars.count, kinds[first] != .blank {
            return kinds[first...].firstIndex { $0 != kinds[first] } ?? scalars.count
        }
        let end = kinds[start...].firstIndex { $0 != .blank } ?? scalars.count
        // The last blank of a run goes with what follows it.
        return end == scalars.count || end - start == 1 ? end : end - 1
    }
}
