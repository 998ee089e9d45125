import Alignment
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

/// Pairs of clips that are compared part by part.
@Suite struct SegmentPairTests {
    private func policy(_ tiny: TinyPolicy) throws -> TunedPolicy {
        var adapters = TuningConfiguration.Adapters()
        adapters.kind = .norms
        var rng = Philox(seed: 2)
        var policy = TunedPolicy(tiny.decoder, adapters: adapters, predictsReturns: false, using: &rng)
        try policy.nudge()
        return policy
    }

    private func pair(_ tiny: TinyPolicy, _ first: Int, _ second: Int, _ certainties: [Double]) -> SegmentPair {
        let start = tiny.scorer.scores([tiny.clips[first], tiny.clips[second]], by: tiny.decoder).map(\.logarithms)
        return SegmentPair(
            first: tiny.clips[first], second: tiny.clips[second], referenceFirst: start[0], referenceSecond: start[1], certainties: certainties)
    }

    /// One part is DPO of whole clips, whichever of the two is the better one.
    @Test(arguments: [1, 0.8, 0.2, 0]) func onePartIsTheWhole(_ certainty: Double) throws {
        let tiny = try TinyPolicy(codebooks: 2), policy = try policy(tiny), unit = pair(tiny, 5, 40, [certainty])
        let isFirst = certainty >= 0.5
        let whole = PreferredPair(
            chosen: isFirst ? unit.first : unit.second, rejected: isFirst ? unit.second : unit.first,
            referenceChosen: isFirst ? unit.referenceFirst : unit.referenceSecond,
            referenceRejected: isFirst ? unit.referenceSecond : unit.referenceFirst, certainty: max(certainty, 1 - certainty))
        let (a, gradientsA) = try valueAndGradient(of: policy) {
            try SegmentPairObjective(beta: 0.3).loss(of: $0, on: [unit], by: tiny.scorer).0
        }
        let (b, gradientsB) = try valueAndGradient(of: policy) {
            try PairObjective(loss: .dpo(beta: 0.3), beta: 0.3).loss(of: $0, on: [whole], by: tiny.scorer).0
        }
        expectNear(Double(a.item), Double(b.item), absolute: 1e-6)
        for (name, _) in policy.namedParameters() {
            let (own, other) = (try #require(gradientsA[name]), try #require(gradientsB[name]))
            expectClose(own.values, other.values, absolute: 1e-6)
        }
    }

    /// The loss is the mean over the parts of −c log σ(β Δ) − (1 − c) log σ(−β Δ), Δ from the part's own codes alone.
    @Test func partsAreSums() throws {
        let tiny = try TinyPolicy(frames: 4), policy = try policy(tiny), scorer = tiny.scorer
        let certainties = [0.9, 0.3], unit = pair(tiny, 7, 61, certainties), beta = 0.7
        let now = scorer.scores([unit.first, unit.second], by: policy.decoder).map(\.logarithms)
        let expected = (0..<2).reduce(0.0) { sum, part in
            func ratio(_ own: [Float], _ reference: [Float]) -> Double { logRatio(Array(own[2 * part..<2 * part + 2]), Array(reference[2 * part..<2 * part + 2])) }
            let delta = beta * (ratio(now[0], unit.referenceFirst) - ratio(now[1], unit.referenceSecond))
            func cost(_ x: Double) -> Double { Double(softplus(Tensor(scalar: Float(-x))).item) }
            return sum + (certainties[part] * cost(delta) + (1 - certainties[part]) * cost(-delta)) / 2
        }
        let (loss, sums) = try SegmentPairObjective(beta: beta).loss(of: policy, on: [unit], by: scorer)
        expectNear(Double(loss.item), expected, absolute: 1e-5)
        expectNear(sums.meanLoss, expected, absolute: 1e-5)
    }
}
