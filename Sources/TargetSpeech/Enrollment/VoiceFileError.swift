import Foundation

/// Why a `.voice` file cannot be read, written or used.
public enum VoiceFileError: Error, Equatable {
    case notFound(path: String)
    case unreadable(path: String, reason: String)
    /// It is no voice file, or a damaged one.
    case damaged(path: String, reason: String)
    /// Written by a later version of the format.
    case newerFormat(path: String, version: Int, known: Int)
    case wrongSize(path: String, size: Int, needed: Int)
    case notFinite(path: String, index: Int)
    case otherModel(path: String, made: Voice.Model, needed: Voice.Model)
    case notWritten(path: String, reason: String)
}

extension VoiceFileError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .notFound(let path):
            "There is no voice at \(path). 'audiotool enroll EXAMPLE -o \(path)' makes one."
        case .unreadable(let path, let reason):
            "\(path) cannot be read: \(reason)."
        case .damaged(let path, let reason):
            "\(path) is no voice file, or a damaged one: \(reason). Enrol the voice again."
        case .newerFormat(let path, let version, let known):
            "\(path) has version \(version) of the format and this program knows versions up to \(known). "
                + "Install a newer one or enrol the voice again."
        case .wrongSize(let path, let size, let needed):
            "The voice in \(path) has \(size) values and the model needs \(needed). Enrol the voice with the model in use."
        case .notFinite(let path, let index):
            "The voice in \(path) holds a value that is no number (value \(index)). Enrol the voice again."
        case .otherModel(let path, let made, let needed):
            "The voice in \(path) was made by \(Self.words(made)) and the model in use needs \(Self.words(needed)). "
                + "Enrol the voice again, or choose the model it was made for."
        case .notWritten(let path, let reason):
            "\(path) cannot be written: \(reason)."
        }
    }

    private static func words(_ model: Voice.Model) -> String { "\(model.name) (\(model.sha256.prefix(12)))" }
}
