import Foundation

/// Why a model cannot be found or used.
public enum ModelError: LocalizedError, Equatable {
    /// None is installed that does what is wanted, though others may be.
    case noModels(of: String?, known: [String], searched: [String])
    case unknown(name: String, known: [String], searched: [String])
    /// A sound file of tensors that says nothing about what it is for.
    case notAModel(path: String)
    case wrongKind(path: String, kind: String, wanted: String)
    case invalidSettings(path: String, reason: String)
    /// Weights without any settings, where those must be given.
    case noSettings(path: String)
    case invalidName(String)
    case nameTaken(name: String, path: String, canBeReplaced: Bool)
    /// No folder for models of one's own is known.
    case noFolder
    /// A folder that is no model's.
    case invalidFolder(path: String, reason: String)
    /// An index of shards that does not fit them.
    case invalidIndex(path: String, reason: String)

    public var errorDescription: String? {
        switch self {
        case .noModels(let kind?, let known, let searched) where !known.isEmpty:
            "No model of the kind '\(kind)' is installed in \(searched.joined(separator: ", ")), only: "
                + "\(known.joined(separator: ", ")). Train or import one, or name a file with --model."
        case .noModels(_, _, let searched):
            "No model is installed. Looked in: \(searched.joined(separator: ", ")). "
                + "AUDIOTOOL_MODELS can name another folder, --model a file."
        case .unknown(let name, let known, _) where !known.isEmpty:
            "There is no model called \(name). Installed: \(known.joined(separator: ", ")). See 'audiotool models'."
        case .unknown(let name, _, let searched):
            "There is no model called \(name), and none is installed in \(searched.joined(separator: ", "))."
        case .notAModel(let path):
            "\(path) holds tensors but no settings of an audiotool model. Use a file that training wrote."
        case .wrongKind(let path, let kind, let wanted):
            "\(path) is a model of the kind \(kind); this command needs one of the kind \(wanted)."
        case .invalidSettings(let path, let reason):
            "\(path): the model's settings cannot be used: \(reason.hasSuffix(".") ? String(reason.dropLast()) : reason)."
        case .noSettings(let path):
            "\(path) holds weights but no settings. Put the training settings as JSON beside it, or give them with --config or --set."
        case .invalidName(let name):
            "\(name) is no name for a model: up to 100 letters, digits and the signs - _ . + are, not beginning with - or a dot."
        case .nameTaken(let name, let path, let canBeReplaced):
            "There is a model called \(name) already: \(path). " + (canBeReplaced ? "--replace overwrites it." : "Choose another name.")
        case .noFolder:
            "There is no folder to install models in: set HOME, or name one in AUDIOTOOL_MODELS."
        case .invalidFolder(let path, let reason):
            "\(path) is no folder of a model that can be read: \(reason)."
        case .invalidIndex(let path, let reason):
            "\(path) does not fit the files beside it: \(reason). Fetch the whole folder again."
        }
    }
}

extension ModelError {
    /// Settings that have not the members that they must have.
    public static func invalidSettings(path: String, _ error: DecodingError) -> ModelError {
        let reason = switch error {
        case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\"\(context.codingPath.map(\.stringValue).joined(separator: "."))\" is wrong: \(context.debugDescription)"
        @unknown default: "\(error)"
        }
        return .invalidSettings(path: path, reason: reason)
    }
}
