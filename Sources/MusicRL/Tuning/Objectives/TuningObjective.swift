import Alignment
import NeuralCore

/// What an update of a policy brings down.
protocol TuningObjective: Sendable {
    /// What the loss is a mean over: a pair of clips, or a clip.
    associatedtype Unit: Sendable

    /// The mean loss of units, a scalar, and sums over them of what is worth showing.
    func loss(of policy: TunedPolicy, on units: [Unit], by scorer: PolicyScorer) throws -> (Tensor, UpdateSums)
}

/// Sums over the units of an update.
struct UpdateSums: Sendable {
    var units = 0.0
    var loss = 0.0
    /// By name.
    var values: [String: Double] = [:]

    static func + (a: UpdateSums, b: UpdateSums) -> UpdateSums {
        UpdateSums(units: a.units + b.units, loss: a.loss + b.loss, values: a.values.merging(b.values, uniquingKeysWith: +))
    }

    /// Means over the units.
    func mean(_ name: String) -> Double? { values[name].map { $0 / max(units, 1) } }
    var meanLoss: Double { loss / max(units, 1) }
}

extension PolicyScorer {
    /// The log-probabilities of sequences under a policy, with gradients, and each one's own numbers.
    func scored(
        _ sequences: [CodeSequence], by policy: TunedPolicy
    ) -> (chosen: Tensor, own: [[Float]], states: Tensor, delayed: DelayedSequences) {
        let (delayed, memory) = batch(sequences)
        let output = distribution.scores(by: policy.decoder, of: delayed, memory: memory)
        let logarithms = distribution.logarithms(output.scores, supports: sequences.map(\.support))
        let chosen = distribution.chosen(logarithms, in: delayed), values = chosen.values
        let own = sequences.indices.map { unpadded(values, $0, sequences[$0].frames, delayed) }
        return (chosen, own, output.states, delayed)
    }
}

extension DelayedSequences {
    /// Where a place of an item, among its own `[codebooks × steps]`, stands in the whole batch.
    func index(item: Int, place: Int, steps: Int) -> Int {
        let (codebooks, all) = (validity.shape[1], validity.shape[2])
        return (item * codebooks + place / steps) * all + place % steps
    }
}

/// log π / π₀ of a sequence from those of its codes, summed in double precision.
func logRatio(_ policy: [Float], _ reference: [Float]) -> Double {
    zip(policy, reference).reduce(0) { $0 + (Double($1.0) - Double($1.1)) }
}
