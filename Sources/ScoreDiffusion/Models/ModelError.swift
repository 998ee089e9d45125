import Foundation

/// Why a model cannot be found or used.
public enum ModelError: LocalizedError, Equatable {
    case noModels(searched: [String])
    case unknown(name: String, known: [String], searched: [String])
    /// A sound file of tensors that says nothing about what it is for.
    case notAModel(path: String)
    case wrongKind(path: String, kind: String, wanted: String)
    case invalidSettings(path: String, reason: String)

    public var errorDescription: String? {
        switch self {
        case .noModels(let searched):
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
            "\(path): the model's settings cannot be used: \(reason)."
        }
    }
}
