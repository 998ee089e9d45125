import Foundation

/// What can go wrong in enrolling and extracting a voice.
public enum TargetSpeechError: Error, Equatable {
    /// A setting of a network or scene that cannot be.
    case invalidSetting(name: String, value: String, fix: String)
}

extension TargetSpeechError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .invalidSetting(let name, let value, let fix): "\(name) is \(value); \(fix)"
        }
    }
}
