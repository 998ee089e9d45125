import Foundation

/// Why music cannot be generated.
public enum MusicGenerationError: LocalizedError, Equatable {
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
    /// A clip of the training that is shorter than the excerpts.
    case clipTooShort(path: String, seconds: Double, needed: Double, others: Int)
    /// A run that is to go on with another codec.
    case otherCodec(path: String, run: String)

    public var errorDescription: String? {
        switch self {
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
        case .clipTooShort(let path, let seconds, let needed, let others):
            "\(path) has \((seconds * 100).rounded() / 100) s and excerpts have \(needed) s"
                + (others > 0 ? " (\(others) more clips are too short)" : "") + ". Lower excerpts.seconds, or leave the clip out."
        case .otherCodec(let path, let run):
            "\(path) is not the codec that the run in \(run) began with. Leave --codec out to go on."
        case .noModel:
            "No model for music is installed. 'audiotool models import musicgen-small/' installs one from a folder fetched from Hugging Face."
        }
    }
}
