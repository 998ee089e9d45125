import Foundation

/// Why music cannot be generated.
public enum MusicGenerationError: LocalizedError, Equatable {
    case invalidTokenizer(path: String, reason: String)
    /// The tokeniser has pieces that the text encoder does not know.
    case vocabularyTooLarge(path: String, pieces: Int, entries: Int)
    case promptTooLong(pieces: Int, limit: Int)
    /// A part of the model is not in the file or folder.
    case missingPart(path: String, part: String)
    /// Two parts of a model that do not belong together.
    case partsDiffer(path: String, reason: String)
    case invalidOption(name: String, value: String, allowed: String)
    /// Numbers that are not finite came out of a part of the network.
    case notFinite(part: String, step: Int)
    case promptCodes(reason: String)
    case invalidRecord(path: String, reason: String)
    /// A file is not the one with which a clip was made.
    case fileDiffers(path: String, what: String)
    case noModel

    public var errorDescription: String? {
        switch self {
        case .invalidTokenizer(let path, let reason):
            "\(path) is no tokeniser that can be read: \(reason)."
        case .vocabularyTooLarge(let path, let pieces, let entries):
            "\(path): the tokeniser has \(pieces) pieces and the text encoder only \(entries) entries. They belong to different models."
        case .promptTooLong(let pieces, let limit):
            "The prompt has \(pieces) word pieces and at most \(limit) are read. Shorten it."
        case .missingPart(let path, let part):
            "\(path) has no \(part). Fetch the whole model."
        case .partsDiffer(let path, let reason):
            "\(path): the parts of the model do not belong together: \(reason)."
        case .invalidOption(let name, let value, let allowed):
            "The \(name) must be \(allowed), not \(value)."
        case .notFinite(let part, let step):
            "The model computed numbers that are not finite: first in \(part), at step \(step). Its weights are damaged or do not belong together."
        case .promptCodes(let reason):
            "The recording cannot be continued: \(reason)."
        case .invalidRecord(let path, let reason):
            "\(path) is no record of a clip: \(reason)."
        case .fileDiffers(let path, let what):
            "\(path) is not \(what) that the clip was made with: its contents differ."
        case .noModel:
            "No model for music is installed. 'audiotool models import musicgen-small/' installs one from a folder fetched from Hugging Face."
        }
    }
}
