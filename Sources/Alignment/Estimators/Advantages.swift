import Foundation

/// By how much each of several answers to one prompt is better than the others.
///
/// A group whose rewards are equal carries no signal: all its advantages are exactly 0.
public enum GroupAdvantage: Sendable, Equatable {
    /// Over the mean of the other answers. A. Ahmadian et al. (RLOO), 2024.
    case leaveOneOut
    /// Over the group's mean, in its standard deviations + 10⁻⁴. Z. Shao et al. (GRPO), 2024. `unbiased` divides the
    /// variance by n − 1.
    case normalized(unbiased: Bool = true)
    /// Over the group's mean. Z. Liu et al. (Dr. GRPO), 2025.
    case centered

    private static let softening = 1e-4

    /// - Parameter rewards: of one group.
    /// - Throws: ``AlignmentError/invalid(what:reason:)`` for a single answer and for rewards that are not finite.
    public func callAsFunction(_ rewards: [Double]) throws -> [Double] {
        guard rewards.count > 1 else {
            throw AlignmentError.invalid(
                what: "The advantages", reason: "a group needs two answers or more, not \(rewards.count)")
        }
        guard rewards.allSatisfy(\.isFinite) else {
            throw AlignmentError.invalid(what: "The advantages", reason: "a reward is not a finite number")
        }
        guard Self.hasSignal(rewards) else { return [Double](repeating: 0, count: rewards.count) }
        let count = Double(rewards.count), total = rewards.reduce(0, +), mean = total / count
        switch self {
        case .leaveOneOut: return rewards.map { $0 - (total - $0) / (count - 1) }
        case .centered: return rewards.map { $0 - mean }
        case .normalized(let unbiased):
            let squares = rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let deviation = (squares / (unbiased ? count - 1 : count)).squareRoot()
            return rewards.map { ($0 - mean) / (deviation + Self.softening) }
        }
    }

    /// Whether the rewards of a group differ.
    public static func hasSignal(_ rewards: [Double]) -> Bool { rewards.contains { $0 != rewards[0] } }

    /// The share of groups whose rewards are all equal, from which nothing can be learned.
    public static func shareWithoutSignal(_ groups: [[Double]]) -> Double {
        groups.isEmpty ? 0 : Double(groups.count { !hasSignal($0) }) / Double(groups.count)
    }
}

/// Generalised advantage estimation.
///
/// δ_t = r_t + γ V_{t+1} − V_t; A_t = δ_t + γ λ A_{t+1}; the return to be learned by V_t is A_t + V_t.
/// J. Schulman et al., "High-dimensional continuous control using generalized advantage estimation", 2016.
public struct GeneralizedAdvantage: Sendable, Equatable {
    public var discount: Double
    public var trace: Double

    /// - Parameters:
    ///   - discount: γ.
    ///   - trace: λ.
    public init(discount: Double = 1, trace: Double = 0.95) { (self.discount, self.trace) = (discount, trace) }

    /// - Parameter values: one more than there are rewards; the last is that of the state behind the end, 0 where it ends.
    public func callAsFunction(rewards: [Double], values: [Double]) throws -> (advantages: [Double], returns: [Double]) {
        guard values.count == rewards.count + 1 else {
            throw AlignmentError.invalid(
                what: "The advantages",
                reason: "\(rewards.count) rewards need \(rewards.count + 1) values, not \(values.count)")
        }
        var advantages = [Double](repeating: 0, count: rewards.count), next = 0.0
        for t in rewards.indices.reversed() {
            next = rewards[t] + discount * values[t + 1] - values[t] + discount * trace * next
            advantages[t] = next
        }
        return (advantages, zip(advantages, values).map(+))
    }
}
