import Alignment
import NeuralCore

/// A clip that was preferred to another one of the same prompt.
struct PreferredPair: Sendable {
    var chosen: CodeSequence
    var rejected: CodeSequence
    /// log π₀ of their codes.
    var referenceChosen: [Float]
    var referenceRejected: [Float]
    /// The probability that the choice is right, ½ to 1; nil where the loss itself decides.
    var certainty: Double?
    /// By how much the chosen one must win, in nats of the loss's argument.
    var margin = 0.0
}

/// Losses that learn from pairs: DPO and its relatives.
struct PairObjective: TuningObjective {
    let loss: PreferenceLoss
    /// β of the loss, for margins.
    let beta: Double
    /// How much −log π of the chosen clip counts, a code's mean.
    var chosenWeight = 0.0

    func loss(of policy: TunedPolicy, on units: [PreferredPair], by scorer: PolicyScorer) throws -> (Tensor, UpdateSums) {
        let count = units.count
        let scored = scorer.scored(units.map(\.chosen) + units.map(\.rejected), by: policy)
        var sums = UpdateSums(units: Double(count)), slopes = [Double](repeating: 0, count: 2 * count)
        for (index, unit) in units.enumerated() {
            // Only differences count: the reference is 0 and the policy the log-ratio, which keeps all digits.
            let chosen = logRatio(scored.own[index], unit.referenceChosen)
            let rejected = logRatio(scored.own[count + index], unit.referenceRejected)
            let pair = preferencePair(unit, chosen, rejected, scored.own[index], scored.own[count + index])
            let result = try rule(unit).evaluate([pair])
            let codes = Double(unit.chosen.codeCount)
            let likelihood = chosenWeight > 0 ? -scored.own[index].reduce(0) { $0 + Double($1) } / codes : 0
            sums.loss += result.loss + chosenWeight * likelihood
            slopes[index] = (result.chosen[0] - chosenWeight / codes) / Double(count)
            slopes[count + index] = result.rejected[0] / Double(count)
            sums.values["chosenChange", default: 0] += chosen
            sums.values["rejectedChange", default: 0] += rejected
            sums.values["accuracy", default: 0] += chosen > rejected ? 1 : chosen == rejected ? 0.5 : 0
        }
        return (surrogate(loss: sums.meanLoss, slopes: slopes, logProbabilities: scored.chosen.sum(axes: [1, 2])), sums)
    }

    /// A loss without a reference needs the probabilities themselves.
    private func preferencePair(
        _ unit: PreferredPair, _ chosen: Double, _ rejected: Double, _ ownChosen: [Float], _ ownRejected: [Float]
    ) -> PreferencePair {
        var pair = PreferencePair(
            policyChosen: chosen, policyRejected: rejected, referenceChosen: unit.margin / beta, referenceRejected: 0,
            lengthChosen: unit.chosen.codeCount, lengthRejected: unit.rejected.codeCount)
        if case .simPO = loss {
            pair.policyChosen = ownChosen.reduce(0) { $0 + Double($1) }
            pair.policyRejected = ownRejected.reduce(0) { $0 + Double($1) }
        }
        return pair
    }

    private func rule(_ unit: PreferredPair) -> PreferenceLoss {
        guard let certainty = unit.certainty else { return loss }
        return .conservativeDPO(beta: beta, flips: max(0, min(1 - certainty, 0.5 - 1e-9)))
    }
}
