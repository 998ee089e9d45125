import Alignment
import NeuralCore

/// Two clips of a prompt that are compared part by part.
struct SegmentPair: Sendable {
    var first: CodeSequence
    var second: CodeSequence
    /// log π₀ of their codes.
    var referenceFirst: [Float]
    var referenceSecond: [Float]
    /// The probability that the first clip is the better one, for each part.
    var certainties: [Double]
}

/// DPO in which each part of a pair is a pair of its own: a part's codes answer for its reward alone, which is what they
/// decide most of. Where a reward is a mean over time this leaves out the noise that all other parts would add.
struct SegmentPairObjective: TuningObjective {
    let beta: Double

    func loss(of policy: TunedPolicy, on units: [SegmentPair], by scorer: PolicyScorer) throws -> (Tensor, UpdateSums) {
        let count = units.count, codebooks = scorer.pattern.codebooks
        let scored = scorer.scored(units.map(\.first) + units.map(\.second), by: policy)
        var slopes = [Double](repeating: 0, count: scored.chosen.count), sums = UpdateSums(units: Double(count))
        for (index, unit) in units.enumerated() {
            let first = partRatios(unit.first, scored.own[index], unit.referenceFirst, unit.certainties.count, scorer.pattern)
            let second = partRatios(unit.second, scored.own[count + index], unit.referenceSecond, unit.certainties.count, scorer.pattern)
            let parts = Double(unit.certainties.count)
            var byPart: (first: [Double], second: [Double]) = ([], [])
            for (part, certainty) in unit.certainties.enumerated() {
                let isFirst = certainty >= 0.5, ratios = (first.ratios[part], second.ratios[part])
                let pair = PreferencePair(
                    policyChosen: isFirst ? ratios.0 : ratios.1, policyRejected: isFirst ? ratios.1 : ratios.0,
                    referenceChosen: 0, referenceRejected: 0, lengthChosen: 1, lengthRejected: 1)
                let flips = min(isFirst ? 1 - certainty : certainty, 0.5 - 1e-9)
                let result = try PreferenceLoss.conservativeDPO(beta: beta, flips: flips).evaluate([pair])
                sums.loss += result.loss / parts
                byPart.first.append((isFirst ? result.chosen : result.rejected)[0] / parts / Double(count))
                byPart.second.append((isFirst ? result.rejected : result.chosen)[0] / parts / Double(count))
                sums.values["chosenChange", default: 0] += pair.policyChosen
                sums.values["rejectedChange", default: 0] += pair.policyRejected
                sums.values["accuracy", default: 0] += (pair.policyChosen > pair.policyRejected ? 1 : pair.policyChosen == pair.policyRejected ? 0.5 : 0) / parts
            }
            for (item, places, values) in [(index, first.places, byPart.first), (count + index, second.places, byPart.second)] {
                let steps = places.count / codebooks
                for (place, part) in places.enumerated() {
                    slopes[scored.delayed.index(item: item, place: place, steps: steps)] = values[part]
                }
            }
        }
        // Places without a code have log π = 0 whatever the policy, so their slopes do nothing.
        return (surrogate(loss: sums.meanLoss, slopes: slopes, logProbabilities: scored.chosen), sums)
    }

    /// The part of each place, and log π / π₀ of each part.
    private func partRatios(
        _ clip: CodeSequence, _ own: [Float], _ reference: [Float], _ count: Int, _ pattern: DelayPattern
    ) -> (places: [Int], ratios: [Double]) {
        let places = pattern.parts(count, frames: clip.frames)
        var ratios = [Double](repeating: 0, count: count)
        for (place, part) in places.enumerated() { ratios[part] += Double(own[place]) - Double(reference[place]) }
        return (places, ratios)
    }
}
