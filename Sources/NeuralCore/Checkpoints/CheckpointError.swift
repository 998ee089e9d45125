import Foundation

/// What can go wrong with a file of weights.
public enum CheckpointError: LocalizedError, Equatable {
    case notFound(path: String)
    case unreadable(path: String, reason: String)
    case damaged(path: String, reason: String)
    /// No checkpoint that can be read: another kind of file, or a damaged one.
    case notACheckpoint(path: String, reason: String)
    /// The file calls something that building tensors and containers does not need. Nothing of it was run.
    case forbiddenCall(path: String, name: String)
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
        case .notACheckpoint(let path, let reason):
            "\(path) is not a checkpoint that can be read: \(reason)."
        case .forbiddenCall(let path, let name):
            "\(path) is refused: it calls \(Self.familiar(name)), which no weights need. Nothing in it was run."
        case .missingTensor(let path, let name, let known):
            "\(path) holds \(known) tensors, none of them called \(name). It may belong to another model."
        case .mismatch(let path, let faults):
            "\(path) does not fit the model: \(faults.joined(separator: "; ")). Use a file that was made for it."
        case .notWritten(let path, let reason):
            "\(path) could not be written: \(reason)."
        }
    }
}

extension CheckpointError {
    /// Python's `os` takes its functions from a module that few know by name.
    private static func familiar(_ name: String) -> String {
        for module in ["posix.", "nt."] where name.hasPrefix(module) {
            return "\(name) (os.\(name.dropFirst(module.count)))"
        }
        return name
    }
}

/// What a reader found wrong, before the file's name is known.
enum CheckpointFault: Error {
    /// Words that end a sentence about the file.
    case damaged(String)
    /// A call by this name.
    case forbiddenCall(String)

    /// Runs `body` and gives its faults the file's name.
    static func naming<R>(_ path: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch CheckpointFault.damaged(let reason) {
            throw CheckpointError.notACheckpoint(path: path, reason: reason)
        } catch CheckpointFault.forbiddenCall(let name) {
            throw CheckpointError.forbiddenCall(path: path, name: name)
        }
    }
}
