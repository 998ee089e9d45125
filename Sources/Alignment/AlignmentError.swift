import Foundation

/// Why there is no score, loss or choice.
public enum AlignmentError: LocalizedError, Equatable {
    /// A reward that does not exist for a clip, where that is not allowed.
    case undefinedReward(reward: String, clip: String, reason: String)
    /// A reward that does not exist for a set.
    case undefinedSetReward(reward: String, reason: String)
    /// Numbers that no loss or estimator is defined for.
    case invalid(what: String, reason: String)
    /// A file of rewards or captions that cannot be used.
    case invalidFile(path: String, reason: String)

    public var errorDescription: String? {
        switch self {
        case .undefinedReward(let reward, let clip, let reason): "\(clip) has no \(reward) reward: \(Self.clause(reason))."
        case .undefinedSetReward(let reward, let reason): "The clips have no \(reward) reward: \(Self.clause(reason))."
        case .invalid(let what, let reason): "\(what): \(Self.clause(reason))."
        case .invalidFile(let path, let reason): "\(path): \(Self.clause(reason))."
        }
    }

    private static func clause(_ reason: String) -> String { reason.hasSuffix(".") ? String(reason.dropLast()) : reason }
}
