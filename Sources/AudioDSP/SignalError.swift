import Foundation

/// What can be wrong with a signal or with the settings of an operation on signals.
public enum SignalError: LocalizedError, Equatable {
    /// A setting lies outside what the operation is defined for.
    case invalidSetting(operation: String, reason: String)
    /// The signal is too short for the operation.
    case tooShort(operation: String, samples: Int, needed: Int)
    /// The windows' overlap leaves samples that no inverse can recover.
    case notInvertible(reason: String)
    /// Shapes or lengths that must agree do not.
    case mismatch(operation: String, reason: String)
    /// A level was wanted of something that holds no sound.
    case noActivity(operation: String, reason: String)
    /// A NaN or infinite sample.
    case notFinite(operation: String, sample: Int)
    /// A reverberation time that the room cannot have.
    case infeasibleReverberation(seconds: Double, reason: String)
    /// A C library refused; its own words are in `message`.
    case library(name: String, message: String)

    public var errorDescription: String? {
        switch self {
        case .invalidSetting(let operation, let reason):
            "\(operation): \(reason)."
        case .tooShort(let operation, let samples, let needed):
            "\(operation) needs at least \(needed) samples and was given \(samples)."
        case .notInvertible(let reason):
            "The short-time transform cannot be inverted: \(reason)."
        case .mismatch(let operation, let reason):
            "\(operation): \(reason)."
        case .noActivity(let operation, let reason):
            "\(operation): \(reason)."
        case .notFinite(let operation, let sample):
            "\(operation): sample \(sample) is not a finite number."
        case .infeasibleReverberation(let seconds, let reason):
            "A reverberation time of \(seconds) s is not possible: \(reason)."
        case .library(let name, let message):
            "\(name): \(message)."
        }
    }
}

/// Throws where a sample is NaN or infinite.
func requireFinite(_ signal: [Float], _ operation: String) throws {
    if let sample = signal.firstIndex(where: { !$0.isFinite }) {
        throw SignalError.notFinite(operation: operation, sample: sample)
    }
}
