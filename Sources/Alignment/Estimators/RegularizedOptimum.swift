import Foundation

/// The best that any policy over finitely many answers can do under E r − β KL(π ‖ π₀): π* ∝ π₀ exp(r/β).
public struct RegularizedOptimum: Sendable, Equatable {
    /// log π* of each answer.
    public let logProbabilities: [Double]
    /// E r − β KL at π*, which is β log Σ π₀ exp(r/β).
    public let value: Double

    /// - Parameter reference: log π₀ of each answer; the probabilities add up to 1.
    public init(reference: [Double], rewards: [Double], beta: Double) throws {
        guard beta > 0, !reference.isEmpty, reference.count == rewards.count, (reference + rewards).allSatisfy(\.isFinite) else {
            throw AlignmentError.invalid(
                what: "The regularised optimum",
                reason: "\(reference.count) answers, \(rewards.count) rewards and a beta of \(beta) do not make one")
        }
        let logits = zip(reference, rewards).map { $0 + $1 / beta }
        let largest = logits.max() ?? 0
        let normalizer = largest + log(logits.reduce(0) { $0 + exp($1 - largest) })
        (logProbabilities, value) = (logits.map { $0 - normalizer }, beta * normalizer)
    }

    /// E r − β KL of a policy over the same answers.
    public static func objective(policy: [Double], reference: [Double], rewards: [Double], beta: Double) -> Double {
        policy.indices.reduce(0) { $0 + exp(policy[$1]) * (rewards[$1] - beta * (policy[$1] - reference[$1])) }
    }
}
