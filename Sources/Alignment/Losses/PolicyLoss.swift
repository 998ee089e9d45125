import Foundation

/// The clipped objective of proximal policy optimisation.
///
/// J. Schulman et al., "Proximal policy optimization algorithms", 2017.
public struct ProximalPolicyLoss: Sendable, Equatable {
    /// How far the ratio of new to old probability may move, ε.
    public var clip: Double

    public init(clip: Double = 0.2) { self.clip = clip }

    /// −min(ρ A, clip(ρ, 1−ε, 1+ε) A) for each action, with its derivative by the new log-probability.
    public func evaluate(
        new: [Double], old: [Double], advantages: [Double]
    ) throws -> (losses: [Double], slopes: [Double], clippedShare: Double) {
        guard !new.isEmpty, new.count == old.count, new.count == advantages.count else {
            throw AlignmentError.invalid(
                what: "The policy loss", reason: "\(new.count), \(old.count) and \(advantages.count) actions differ")
        }
        guard clip > 0, clip < 1 else {
            throw AlignmentError.invalid(what: "The policy loss", reason: "the clip must be between 0 and 1, not \(clip)")
        }
        var clipped = 0
        let terms = new.indices.map { index in
            let ratio = exp(new[index] - old[index]), advantage = advantages[index]
            let bounded = min(max(ratio, 1 - clip), 1 + clip)
            let isClipped = bounded * advantage < ratio * advantage
            // By the published programs' count: outside the range, whichever way the advantage points.
            if abs(ratio - 1) > clip { clipped += 1 }
            return isClipped ? (-bounded * advantage, 0) : (-ratio * advantage, -ratio * advantage)
        }
        return (terms.map(\.0), terms.map(\.1), Double(clipped) / Double(new.count))
    }

    /// ½ max((V − R)², (clip(V; V_old ± ε) − R)²), the mean over states.
    public func valueLoss(new: [Double], old: [Double], returns: [Double]) throws -> Double {
        guard !new.isEmpty, new.count == old.count, new.count == returns.count else {
            throw AlignmentError.invalid(
                what: "The value loss", reason: "\(new.count), \(old.count) and \(returns.count) states differ")
        }
        return new.indices.reduce(0) { sum, index in
            let bounded = min(max(new[index], old[index] - clip), old[index] + clip)
            let plain = pow(new[index] - returns[index], 2), limited = pow(bounded - returns[index], 2)
            return sum + 0.5 * max(plain, limited)
        } / Double(new.count)
    }
}
