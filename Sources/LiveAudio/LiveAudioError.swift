import Foundation

/// What can go wrong with live audio.
public enum LiveAudioError: Error, Equatable {
    /// No device of that name, or none at all.
    case noDevice(name: String?, fix: String)
}

extension LiveAudioError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .noDevice(let name, let fix): "no audio device\(name.map { " named \"\($0)\"" } ?? ""); \(fix)"
        }
    }
}
