import Foundation

/// What can go wrong with a file of weights.
public enum CheckpointError: LocalizedError, Equatable {
    case notFound(path: String)
    case unreadable(path: String, reason: String)
    case damaged(path: String, reason: String)
    case missingTensor(path: String, name: String, known: Int)
    /// The file's tensors and the model's differ; each fault is one sentence with shapes.
    case mismatch(path: String, faults: [String])
    case notWritten(path: String, reason: String)

    public var errorDescription: String? {
        switch self {
        case .notFound(let path):
            "There is no file at \(path)."
        case .unreadable(let path, let reason):
            "\(path) cannot be read: \(reason)."
        case .damaged(let path, let reason):
            "\(path) is not a sound .safetensors file: \(reason). Fetch or write it again."
        case .missingTensor(let path, let name, let known):
            "\(path) holds \(known) tensors, none of them called \(name). It may belong to another model."
        case .mismatch(let path, let faults):
            "\(path) does not fit the model: \(faults.joined(separator: "; ")). Use a file that was made for it."
        case .notWritten(let path, let reason):
            "\(path) could not be written: \(reason)."
        }
    }
}
