import Foundation

/// Why a model cannot be tuned.
public enum TuningError: LocalizedError, Equatable {
    /// A way of drawing for which no probabilities, or no exact ones, exist.
    case noProbabilities(setting: String, reason: String)
    case invalidSetting(String, String)
    /// A method that the rewards at hand do not suit.
    case unsuitable(method: String, reason: String)
    case invalidPreferences(path: String, line: Int, reason: String)
    case invalidPrompts(reason: String)
    /// A run is resumed with other settings than its own.
    case changedSettings([String], path: String)

    public var errorDescription: String? {
        switch self {
        case .noProbabilities(let setting, let reason):
            "\(setting) cannot be tuned with: \(reason)."
        case .invalidSetting(let name, let message):
            "The setting \(name) \(message)."
        case .unsuitable(let method, let reason):
            "The method \(method) cannot be used: \(reason)."
        case .invalidPreferences(let path, let line, let reason):
            "\(path), line \(line): \(reason)."
        case .invalidPrompts(let reason):
            "The prompts cannot be used: \(reason)."
        case .changedSettings(let names, let path):
            "The settings differ from the run's (\(path)) in \(names.joined(separator: ", ")). Resume with the run's own, or start a new run from its model with --model."
        }
    }
}
