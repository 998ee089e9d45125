import Foundation

/// What can go wrong with training for reasons outside the program.
public enum TrainingError: LocalizedError, Equatable {
    case unreadableConfiguration(path: String, reason: String)
    case unknownSettings([String], known: [String])
    case wrongSettingType(String, expected: String)
    case invalidSetting(String, String)
    case runExists(path: String, step: Int)
    case notARun(path: String)
    case changedConfiguration([String], path: String)
    case noUsableCheckpoint(path: String, reasons: [String])
    case damagedCheckpoint(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    case diverged(step: Int, what: String)

    public var errorDescription: String? {
        switch self {
        case .unreadableConfiguration(let path, let reason):
            "The configuration \(path) cannot be used: \(reason)"
        case .unknownSettings(let names, let known):
            "Unknown setting\(names.count == 1 ? "" : "s") \(names.map { "'\($0)'" }.joined(separator: ", ")). Known there: \(known.joined(separator: ", "))."
        case .wrongSettingType(let name, let expected):
            "The setting '\(name)' must be \(expected)."
        case .invalidSetting(let name, let message):
            "The setting \(name) \(message)."
        case .runExists(let path, let step):
            "\(path) already holds a run at step \(step). Pass --resume to go on with it, or another --output."
        case .notARun(let path):
            "There is no run to resume at \(path). Leave --resume out to start one."
        case .changedConfiguration(let names, let path):
            "The configuration differs from the run's (\(path)) in \(names.joined(separator: ", ")). Resume without --config, or start a new run from its weights with --init."
        case .noUsableCheckpoint(let path, let reasons):
            "No checkpoint of \(path) can be used: \(reasons.joined(separator: "; "))"
        case .damagedCheckpoint(let path, let reason):
            "The checkpoint \(path) is damaged: \(reason)"
        case .cannotWrite(let path, let reason):
            "\(path) cannot be written: \(reason)"
        case .diverged(let step, let what):
            "Training stopped at step \(step): \(what). The last checkpoint is intact; lower the learning rate and resume."
        }
    }
}
