/// The loss of Kahneman-Tversky optimisation, which needs no pairs: answers are desirable or not.
///
/// λ_D (1 − σ(β (ρ − z₀))) for a desirable answer with ρ = log π / π₀, λ_U (1 − σ(β (z₀ − ρ))) for another one. z₀, an
/// estimate of the divergence of policy and reference, is held fixed.
///
/// K. Ethayarajh et al., "KTO: model alignment as prospect theoretic optimization", 2024.
public struct KTOLoss: Sendable, Equatable {
    public var beta: Double
    public var desirableWeight: Double, undesirableWeight: Double

    public init(beta: Double, desirableWeight: Double = 1, undesirableWeight: Double = 1) {
        (self.beta, self.desirableWeight, self.undesirableWeight) = (beta, desirableWeight, undesirableWeight)
    }

    /// z₀: the mean of log π / π₀ of answers that belong to other prompts, never below 0; 0 where there are none.
    ///
    /// To be taken over the batch of one step: answer `i` with the prompt of answer `i + 1`, see ``mismatched(_:)``.
    public static func reference(mismatchedRatios: [Double]) -> Double {
        guard !mismatchedRatios.isEmpty else { return 0 }
        return max(0, mismatchedRatios.reduce(0, +) / Double(mismatchedRatios.count))
    }

    /// For each answer of a batch the answer whose prompt it is paired with to estimate z₀; empty for fewer than two.
    public static func mismatched(_ count: Int) -> [Int] { count < 2 ? [] : (0..<count).map { ($0 + 1) % count } }

    /// Weights that balance the two kinds: λ_D n_D : λ_U n_U = 1 : 1, the rarer kind raised and the other one left at 1.
    public static func suggestedWeights(desirable: Int, undesirable: Int) -> (desirable: Double, undesirable: Double) {
        guard desirable > 0, undesirable > 0 else { return (1, 1) }
        let ratio = Double(undesirable) / Double(desirable)
        return ratio >= 1 ? (ratio, 1) : (1, 1 / ratio)
    }

    /// The mean over all answers, and its derivatives by log π of each.
    ///
    /// - Parameters:
    ///   - ratios: log π / π₀ of each answer.
    ///   - reference: z₀.
    /// - Throws: ``AlignmentError/invalid(what:reason:)`` for no answers and numbers that are not finite.
    public func evaluate(
        desirable: [Double], undesirable: [Double], reference: Double
    ) throws -> (loss: Double, desirable: [Double], undesirable: [Double]) {
        func refuse(_ reason: String) -> AlignmentError { .invalid(what: "The KTO loss", reason: reason) }
        guard beta > 0, beta.isFinite, desirableWeight >= 0, undesirableWeight >= 0 else {
            throw refuse("beta must be positive and weights not negative")
        }
        guard !desirable.isEmpty || !undesirable.isEmpty else { throw refuse("there are no answers") }
        guard (desirable + undesirable + [reference]).allSatisfy(\.isFinite) else {
            throw refuse("a log-probability is not a finite number")
        }
        let count = Double(desirable.count + undesirable.count)
        func terms(_ ratios: [Double], weight: Double, sign: Double) -> [(loss: Double, slope: Double)] {
            ratios.map { ratio in
                let value = sigmoid(sign * beta * (ratio - reference))
                return (weight * (1 - value), -sign * weight * beta * value * (1 - value))
            }
        }
        let good = terms(desirable, weight: desirableWeight, sign: 1)
        let bad = terms(undesirable, weight: undesirableWeight, sign: -1)
        return (
            (good + bad).reduce(0) { $0 + $1.loss } / count, good.map { $0.slope / count }, bad.map { $0.slope / count })
    }
}
