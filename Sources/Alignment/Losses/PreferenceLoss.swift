import Foundation

/// A pair of answers to one prompt, the chosen one and the rejected one, by the logarithms of their probabilities.
///
/// Probabilities are of whole sequences under the policy that is trained and under the fixed reference; padding and start
/// tokens must be out of the sums.
public struct PreferencePair: Sendable, Equatable {
    public var policyChosen: Double, policyRejected: Double
    public var referenceChosen: Double, referenceRejected: Double
    /// Tokens in each answer, for the losses that go by means over tokens.
    public var lengthChosen: Int, lengthRejected: Int

    public init(
        policyChosen: Double, policyRejected: Double, referenceChosen: Double, referenceRejected: Double,
        lengthChosen: Int = 1, lengthRejected: Int = 1
    ) {
        (self.policyChosen, self.policyRejected) = (policyChosen, policyRejected)
        (self.referenceChosen, self.referenceRejected) = (referenceChosen, referenceRejected)
        (self.lengthChosen, self.lengthRejected) = (lengthChosen, lengthRejected)
    }

    /// log π(chosen) / π₀(chosen).
    public var ratioChosen: Double { policyChosen - referenceChosen }
    public var ratioRejected: Double { policyRejected - referenceRejected }
}

/// A loss over a batch, and its derivatives by the policy's log-probabilities.
public struct PreferenceGradient: Sendable, Equatable {
    /// The mean over the pairs.
    public var loss: Double
    /// ∂loss / ∂log π of each chosen and each rejected answer.
    public var chosen: [Double], rejected: [Double]
}

/// Losses that learn from pairs of answers.
///
/// With h = β [(log π_w − log π₀_w) − (log π_l − log π₀_l)], w the chosen and l the rejected answer:
///
/// | case | loss | source |
/// |---|---|---|
/// | `dpo` | −log σ(h) | R. Rafailov et al., 2023 |
/// | `conservativeDPO` | −(1−ε) log σ(h) − ε log σ(−h) | E. Mitchell, 2023 |
/// | `robustDPO` | [−(1−ε) log σ(h) + ε log σ(−h)] / (1−2ε) | S. Chowdhury et al., 2024 |
/// | `ipo` | (h/β − 1/(2β))², on sums or on means over tokens | M. Azar et al., 2023 |
/// | `hinge` | max(0, 1 − h) | Y. Zhao et al. (SLiC), 2023 |
/// | `simPO` | −log σ((β/|w|) log π_w − (β/|l|) log π_l − γ), no reference | Y. Meng et al., 2024 |
public enum PreferenceLoss: Sendable, Equatable {
    case dpo(beta: Double)
    /// `flips`: the share ε of labels thought wrong, below ½. The loss is least at a finite margin, log((1−ε)/ε).
    case conservativeDPO(beta: Double, flips: Double)
    /// Unbiased where labels are flipped at rate ε; may be negative.
    case robustDPO(beta: Double, flips: Double)
    case ipo(beta: Double, perToken: Bool = false)
    case hinge(beta: Double)
    case simPO(beta: Double, margin: Double)

    /// - Throws: ``AlignmentError/invalid(what:reason:)`` for no pairs, numbers that are not finite and settings out of range.
    public func evaluate(_ pairs: [PreferencePair]) throws -> PreferenceGradient {
        try check(pairs)
        let count = Double(pairs.count)
        let terms = pairs.map(term)
        return PreferenceGradient(
            loss: terms.reduce(0) { $0 + $1.loss } / count, chosen: terms.map { $0.chosen / count },
            rejected: terms.map { $0.rejected / count })
    }

    private var beta: Double {
        switch self {
        case .dpo(let beta), .hinge(let beta): beta
        case .conservativeDPO(let beta, _), .robustDPO(let beta, _), .ipo(let beta, _), .simPO(let beta, _): beta
        }
    }

    private func check(_ pairs: [PreferencePair]) throws {
        func refuse(_ reason: String) -> AlignmentError { .invalid(what: "The preference loss", reason: reason) }
        guard beta > 0, beta.isFinite else { throw refuse("beta must be positive, not \(beta)") }
        switch self {
        case .conservativeDPO(_, let flips), .robustDPO(_, let flips):
            guard flips >= 0, flips < 0.5 else {
                throw refuse("the share of flipped labels must be from 0 to below 0.5, not \(flips)")
            }
        default: break
        }
        guard !pairs.isEmpty else { throw refuse("there are no pairs") }
        for (index, pair) in pairs.enumerated() {
            let numbers = [pair.policyChosen, pair.policyRejected, pair.referenceChosen, pair.referenceRejected]
            guard numbers.allSatisfy(\.isFinite) else {
                throw refuse("pair \(index) has a log-probability that is not a finite number")
            }
            guard pair.lengthChosen > 0, pair.lengthRejected > 0 else { throw refuse("pair \(index) has an empty answer") }
        }
    }

    private func term(_ pair: PreferencePair) -> (loss: Double, chosen: Double, rejected: Double) {
        let h = beta * (pair.ratioChosen - pair.ratioRejected)
        switch self {
        case .dpo(let beta):
            let slope = -beta * sigmoid(-h)
            return (-logSigmoid(h), slope, -slope)
        case .conservativeDPO(let beta, let flips):
            let slope = beta * (-(1 - flips) * sigmoid(-h) + flips * sigmoid(h))
            return (-(1 - flips) * logSigmoid(h) - flips * logSigmoid(-h), slope, -slope)
        case .robustDPO(let beta, let flips):
            let slope = beta * (-(1 - flips) * sigmoid(-h) - flips * sigmoid(h)) / (1 - 2 * flips)
            return ((-(1 - flips) * logSigmoid(h) + flips * logSigmoid(-h)) / (1 - 2 * flips), slope, -slope)
        case .ipo(let beta, let perToken):
            let (w, l) = perToken ? (Double(pair.lengthChosen), Double(pair.lengthRejected)) : (1, 1)
            let excess = pair.ratioChosen / w - pair.ratioRejected / l - 1 / (2 * beta)
            return (excess * excess, 2 * excess / w, -2 * excess / l)
        case .hinge(let beta):
            return h < 1 ? (1 - h, -beta, beta) : (0, 0, 0)
        case .simPO(let beta, let margin):
            let (w, l) = (beta / Double(pair.lengthChosen), beta / Double(pair.lengthRejected))
            let z = w * pair.policyChosen - l * pair.policyRejected - margin
            return (-logSigmoid(z), -sigmoid(-z) * w, sigmoid(-z) * l)
        }
    }
}
