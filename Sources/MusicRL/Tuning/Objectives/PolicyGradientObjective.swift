import Alignment
import Foundation
import NeuralCore

/// A clip with the advantage of each of its codes.
struct AdvantagedClip: Sendable {
    var clip: CodeSequence
    /// log π of its codes when it was drawn.
    var drawn: [Float]
    /// `[codebooks × (steps − 1)]`
    var advantages: [Double]
    /// What the values of its steps should have been; empty without a value head.
    var returns: [Double] = []
}

/// A policy gradient with the ratio of new to old probabilities, bounded or not, and the error of predicted returns.
struct PolicyGradientObjective: TuningObjective {
    /// How far the ratio may move; nil for as far as it likes.
    let clip: Double?
    /// How much the error of predicted returns counts.
    var valueWeight = 0.5

    func loss(of policy: TunedPolicy, on units: [AdvantagedClip], by scorer: PolicyScorer) throws -> (Tensor, UpdateSums) {
        let scored = scorer.scored(units.map(\.clip), by: policy), all = scored.delayed.validity.shape[2]
        let codebooks = scorer.pattern.codebooks
        var slopes = [Double](repeating: 0, count: scored.chosen.count)
        var sums = UpdateSums(units: Double(units.count))
        for (item, unit) in units.enumerated() {
            let steps = unit.drawn.count / codebooks, codes = Double(unit.clip.codeCount)
            let valid = scored.delayed.validity
            let places = (0..<unit.drawn.count).filter { place in
                valid.withUnsafeBuffer { $0[scored.delayed.index(item: item, place: place, steps: steps)] > 0 }
            }
            let terms = try terms(
                new: places.map { Double(scored.own[item][$0]) }, old: places.map { Double(unit.drawn[$0]) },
                advantages: places.map { unit.advantages[$0] })
            for (place, slope) in zip(places, terms.slopes) {
                slopes[scored.delayed.index(item: item, place: place, steps: steps)] = slope / codes / Double(units.count)
            }
            sums.loss += terms.losses.reduce(0, +) / codes
            sums.values["clipped", default: 0] += terms.clippedShare
        }
        var loss = surrogate(loss: sums.meanLoss, slopes: slopes, logProbabilities: scored.chosen)
        if let values = policy.values(scored.states), units.contains(where: { !$0.returns.isEmpty }) {
            let (targets, mask) = returns(units, steps: all)
            let count = Float(units.reduce(0) { $0 + $1.returns.count })
            let error = (square(values - targets) * mask).sum() * (1 / count)
            loss = loss + Float(0.5 * valueWeight) * error
            sums.values["valueError"] = Double(error.item) * sums.units
        }
        return (loss, sums)
    }

    private func terms(
        new: [Double], old: [Double], advantages: [Double]
    ) throws -> (losses: [Double], slopes: [Double], clippedShare: Double) {
        if let clip { return try ProximalPolicyLoss(clip: clip).evaluate(new: new, old: old, advantages: advantages) }
        let gains = new.indices.map { -exp(new[$0] - old[$0]) * advantages[$0] }
        return (gains, gains, 0)
    }

    private func returns(_ units: [AdvantagedClip], steps: Int) -> (Tensor, Tensor) {
        func rows(_ value: (Double) -> Float) -> Tensor {
            Tensor(
                units.flatMap { unit in (0..<steps).map { $0 < unit.returns.count ? value(unit.returns[$0]) : 0 } },
                shape: [units.count, steps])
        }
        return (rows { Float($0) }, rows { _ in 1 })
    }
}
