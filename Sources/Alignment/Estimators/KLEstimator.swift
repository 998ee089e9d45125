import Foundation

/// Estimates of KL(π ‖ π₀) from actions that π drew.
///
/// With d = log π₀(a) − log π(a): k1 = −d, unbiased, may be negative; k2 = d²/2, biased; k3 = eᵈ − 1 − d, unbiased and
/// never negative. Padding and start tokens must not be among the actions.
///
/// J. Schulman, "Approximating KL divergence", 2020.
public struct KLEstimate: Sendable, Equatable {
    public var k1: Double
    public var k2: Double
    public var k3: Double
    /// The standard error of k1; zero for a single action.
    public var standardError: Double
    /// Actions whose d was cut to ±10 for k3, which would explode.
    public var clampedCount: Int

    /// Above which |d| is cut for k3.
    public static let limit = 10.0

    /// Of each action.
    public static func k1(_ d: Double) -> Double { -d }
    public static func k2(_ d: Double) -> Double { d * d / 2 }
    public static func k3(_ d: Double) -> Double { max(0, expm1(d) - d) }

    /// Means over actions.
    ///
    /// - Parameters:
    ///   - policy: log π of each action that was drawn.
    ///   - reference: log π₀ of the same actions.
    ///   - weights: how much each counts; 0 leaves one out, such as padding. All count once if left out.
    /// - Throws: ``AlignmentError/invalid(what:reason:)`` without actions, and for counted values that are not finite.
    public init(policy: [Double], reference: [Double], weights: [Double]? = nil) throws {
        func refuse(_ reason: String) -> AlignmentError { .invalid(what: "The divergence", reason: reason) }
        guard policy.count == reference.count, weights == nil || weights?.count == policy.count else {
            throw refuse("\(policy.count), \(reference.count) and \(weights?.count ?? policy.count) actions differ")
        }
        let kept = policy.indices.filter { (weights?[$0] ?? 1) > 0 }
        guard !kept.isEmpty else { throw refuse("there are no actions") }
        let differences = kept.map { reference[$0] - policy[$0] }, shares = kept.map { weights?[$0] ?? 1 }
        guard differences.allSatisfy(\.isFinite) else { throw refuse("a log-probability is not a finite number") }
        let total = shares.reduce(0, +)
        func mean(_ value: (Double) -> Double) -> Double { zip(differences, shares).reduce(0) { $0 + $1.1 * value($1.0) } / total }
        let center = mean(Self.k1)
        (k1, k2, k3) = (center, mean(Self.k2), mean { Self.k3(min(max($0, -Self.limit), Self.limit)) })
        clampedCount = differences.count { abs($0) > Self.limit }
        let count = Double(kept.count)
        standardError = count > 1 ? (mean { pow(Self.k1($0) - center, 2) } / (count - 1)).squareRoot() : 0
    }

    /// Whether k1 is further below zero than chance explains: the sums then hold something that π did not draw.
    public var isSuspicious: Bool { k1 < -3 * standardError && k1 < -1e-9 }
}

/// A factor of a KL penalty that follows a target.
///
/// D. Ziegler et al., "Fine-tuning language models from human preferences", 2019.
public struct AdaptiveKL: Sendable, Equatable {
    public var beta: Double
    public let target: Double
    public let horizon: Double

    public init(beta: Double, target: Double, horizon: Double) { (self.beta, self.target, self.horizon) = (beta, target, horizon) }

    /// Moves the factor after a batch of `count` samples with this divergence.
    public mutating func update(divergence: Double, count: Int) {
        guard divergence.isFinite else { return }
        beta *= 1 + Double(count) / horizon * min(max(divergence / target - 1, -0.2), 0.2)
    }
}
