import Foundation

/// What can go wrong while a recording is enhanced.
public enum EnhancementError: LocalizedError, Equatable {
    case modelOverflow
    case recordingChanged(path: String, first: Int, second: Int)
    case spooling(path: String, reason: String)

    public var errorDescription: String? {
        switch self {
        case .modelOverflow:
            "The model's output is not finite. Its weights may be damaged."
        case .recordingChanged(let path, let first, let second):
            "\(path) changed while it was read: it had \(first) frames, then \(second)."
        case .spooling(let path, let reason):
            "\(path) could not be kept in a temporary file (TMPDIR says where such files go): \(reason)"
        }
    }
}
