import Foundation

/// The loss of a model of preferences: −log σ(s_w − s_l) for scores of the chosen and the rejected one.
///
/// R. Bradley and M. Terry, "Rank analysis of incomplete block designs", 1952.
public struct BradleyTerryLoss: Sendable, Equatable {
    /// The share of labels thought wrong: their loss is mixed in.
    public var flips = 0.0
    /// By how much the chosen one should win.
    public var margin = 0.0
    /// How much (s_w + s_l)² counts, which keeps scores around 0.
    public var centering = 0.0

    public init(flips: Double = 0, margin: Double = 0, centering: Double = 0) {
        (self.flips, self.margin, self.centering) = (flips, margin, centering)
    }

    /// The mean over pairs, and its derivatives by the scores.
    public func evaluate(chosen: [Double], rejected: [Double]) throws -> PreferenceGradient {
        guard !chosen.isEmpty, chosen.count == rejected.count, (chosen + rejected).allSatisfy(\.isFinite) else {
            throw AlignmentError.invalid(
                what: "The preference model's loss",
                reason: "\(chosen.count) chosen and \(rejected.count) rejected scores are no finite pairs")
        }
        let count = Double(chosen.count)
        var result = PreferenceGradient(loss: 0, chosen: [], rejected: [])
        for (w, l) in zip(chosen, rejected) {
            let z = w - l - margin, pull = 2 * centering * (w + l)
            let slope = -(1 - flips) * sigmoid(-z) + flips * sigmoid(z)
            result.loss += (-(1 - flips) * logSigmoid(z) - flips * logSigmoid(-z) + centering * (w + l) * (w + l)) / count
            result.chosen.append((slope + pull) / count)
            result.rejected.append((-slope + pull) / count)
        }
        return result
    }
}

/// How well scores predict choices.
public struct PreferenceAccuracy: Sendable, Equatable {
    /// The share of pairs whose chosen one scores higher; ties count half.
    public let accuracy: Double
    /// The expected calibration error of σ(s_w − s_l) over ten bins of confidence.
    public let calibrationError: Double

    public init(chosen: [Double], rejected: [Double]) throws {
        guard !chosen.isEmpty, chosen.count == rejected.count, (chosen + rejected).allSatisfy(\.isFinite) else {
            throw AlignmentError.invalid(
                what: "The accuracy",
                reason: "\(chosen.count) chosen and \(rejected.count) rejected scores are no finite pairs")
        }
        let margins = zip(chosen, rejected).map { $0 - $1 }
        func right(_ margin: Double) -> Double { margin > 0 ? 1 : margin == 0 ? 0.5 : 0 }
        accuracy = margins.reduce(0) { $0 + right($1) } / Double(margins.count)
        var bins = [(count: Double, confidence: Double, right: Double)](repeating: (0, 0, 0), count: 10)
        for margin in margins {
            // Confidence in the likelier answer, ½ to 1.
            let confidence = sigmoid(abs(margin)), bin = min(9, Int((confidence - 0.5) * 20))
            bins[bin].count += 1
            bins[bin].confidence += confidence
            bins[bin].right += right(margin)
        }
        calibrationError = bins.reduce(0) { $0 + abs($1.confidence - $1.right) } / Double(margins.count)
    }
}
