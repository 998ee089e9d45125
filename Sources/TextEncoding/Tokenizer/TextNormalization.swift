import Foundation
import NeuralCore

/// A step of what is done to a text before it is cut into pieces, by its name in `tokenizer.json`.
enum TextNormalization: String, Sendable {
    case composed = "NFC", decomposed = "NFD"
    case compatiblyComposed = "NFKC", compatiblyDecomposed = "NFKD"
    /// Takes combining marks away, which come free by decomposition.
    case withoutMarks = "StripAccents"
    case lowercase = "Lowercase"
    /// Every run of white space becomes one blank.
    case plainSpaces = "Replace"

    func callAsFunction(_ text: String) -> String {
        switch self {
        case .composed: return text.precomposedStringWithCanonicalMapping
        case .decomposed: return text.decomposedStringWithCanonicalMapping
        case .compatiblyComposed: return text.precomposedStringWithCompatibilityMapping
        case .compatiblyDecomposed: return text.decomposedStringWithCompatibilityMapping
        case .lowercase: return text.lowercased()
        case .withoutMarks:
            var result = String.UnicodeScalarView()
            result.append(contentsOf: text.unicodeScalars.filter { scalar in
                switch scalar.properties.generalCategory {
                case .nonspacingMark, .spacingMark, .enclosingMark: false
                default: true
                }
            })
            return String(result)
        case .plainSpaces:
            return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    }

    /// What a tokeniser that is trained here does: letters lose case and accents, and forms that mean the same, such as
    /// wide digits and ligatures, become one.
    static let standard: [TextNormalization] = [.compatiblyDecomposed, .withoutMarks, .lowercase, .plainSpaces]

    private static let spaces = #"\s+"#

    /// The steps of a file's normaliser in their order, those left out that are not known.
    static func steps(_ normalizer: JSONValue) -> [TextNormalization] {
        if let parts = normalizer["normalizers"].array { return parts.flatMap { steps($0) } }
        guard let step = normalizer["type"].string.flatMap(TextNormalization.init) else { return [] }
        let isKnown = step != .plainSpaces || normalizer["pattern"]["Regex"].string == spaces && normalizer["content"].string == " "
        return isKnown ? [step] : []
    }

    var settings: JSONValue {
        guard self == .plainSpaces else { return ["type": .string(rawValue)] }
        return ["type": .string(rawValue), "pattern": ["Regex": .string(Self.spaces)], "content": " "]
    }
}
