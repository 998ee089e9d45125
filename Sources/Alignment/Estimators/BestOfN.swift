import Foundation

/// What taking the best of n samples does.
public enum BestOfN {
    /// KL(best of n ‖ policy) in nats for rewards without ties, and a bound with them: log n − (n − 1)/n.
    public static func divergence(_ n: Int) -> Double {
        precondition(n > 0, "the best of \(n) samples is none")
        return log(Double(n)) - Double(n - 1) / Double(n)
    }

    /// The chance that the best of n beats one more sample.
    public static func winRate(_ n: Int) -> Double {
        precondition(n > 0, "the best of \(n) samples is none")
        return Double(n) / Double(n + 1)
    }

    /// The expected best of n, without bias, from at least n scored samples:
    /// Σ_{i=n}^{m} C(i−1, n−1) / C(m, n) · w_(i) with w ascending.
    public static func expectedMaximum(of scores: [Double], n: Int) throws -> Double {
        guard n > 0, scores.count >= n else {
            throw AlignmentError.invalid(
                what: "The best of \(n)", reason: "it needs at least \(max(n, 1)) scores, not \(scores.count)")
        }
        guard scores.allSatisfy(\.isFinite) else {
            throw AlignmentError.invalid(what: "The best of \(n)", reason: "a score is not a finite number")
        }
        let sorted = scores.sorted(), m = scores.count
        // The weight of the largest is n / m; that of w_(i−1) is that of w_(i) times (i − n) / (i − 1).
        var weight = Double(n) / Double(m), sum = 0.0
        for i in stride(from: m, through: n, by: -1) {
            sum += weight * sorted[i - 1]
            weight *= i > 1 ? Double(i - n) / Double(i - 1) : 0
        }
        return sum
    }
}

/// How far a policy may be optimised before a proxy reward misleads.
///
/// With d = √KL(π ‖ π₀): the true reward is d (α − β d) under best-of-n and d (α − β ln d) under reinforcement learning.
/// L. Gao et al., "Scaling laws for reward model overoptimization", 2022.
public struct OveroptimizationCurve: Sendable, Equatable {
    public enum Kind: Sendable { case bestOfN, reinforcement }

    public let kind: Kind
    public let alpha: Double, beta: Double

    public init(_ kind: Kind, alpha: Double, beta: Double) { (self.kind, self.alpha, self.beta) = (kind, alpha, beta) }

    /// The curve nearest to measured true rewards, by least squares.
    ///
    /// - Parameter points: d and the true reward over the start's; those at d = 0 say nothing.
    public init(_ kind: Kind, fitting points: [(distance: Double, reward: Double)]) throws {
        let used = points.filter { $0.distance > 0 && $0.distance.isFinite && $0.reward.isFinite }
        // reward = α · d − β · d · g(d): two unknowns.
        let rows = used.map { ($0.distance, -$0.distance * (kind == .bestOfN ? $0.distance : log($0.distance)), $0.reward) }
        let (aa, ab, bb) = rows.reduce((0.0, 0.0, 0.0)) { ($0.0 + $1.0 * $1.0, $0.1 + $1.0 * $1.1, $0.2 + $1.1 * $1.1) }
        let (ay, by) = rows.reduce((0.0, 0.0)) { ($0.0 + $1.0 * $1.2, $0.1 + $1.1 * $1.2) }
        let determinant = aa * bb - ab * ab
        guard used.count >= 2, determinant > 1e-12 * aa * bb else {
            throw AlignmentError.invalid(
                what: "The curve of over-optimisation", reason: "it needs points at two distances or more")
        }
        self.init(kind, alpha: (ay * bb - by * ab) / determinant, beta: (by * aa - ay * ab) / determinant)
    }

    public func reward(at distance: Double) -> Double {
        guard distance > 0 else { return 0 }
        return distance * (alpha - beta * (kind == .bestOfN ? distance : log(distance)))
    }

    /// The distance of the largest true reward; infinite for a curve that does not turn.
    public var peak: Double {
        guard beta > 0 else { return .infinity }
        return kind == .bestOfN ? alpha / (2 * beta) : exp(alpha / beta - 1)
    }
}
