import Alignment
import NeuralCore

/// A clip that is wanted or not.
struct LabelledClip: Sendable {
    var clip: CodeSequence
    /// log π₀ of its codes.
    var reference: [Float]
    var isDesirable: Bool
}

/// The loss of Kahneman-Tversky optimisation.
struct LabelObjective: TuningObjective {
    let loss: KTOLoss
    /// z₀ of the update.
    let divergence: Double

    func loss(of policy: TunedPolicy, on units: [LabelledClip], by scorer: PolicyScorer) throws -> (Tensor, UpdateSums) {
        let scored = scorer.scored(units.map(\.clip), by: policy)
        let ratios = units.indices.map { logRatio(scored.own[$0], units[$0].reference) }
        let good = units.indices.filter { units[$0].isDesirable }, bad = units.indices.filter { !units[$0].isDesirable }
        let result = try loss.evaluate(
            desirable: good.map { ratios[$0] }, undesirable: bad.map { ratios[$0] }, reference: divergence)
        var slopes = [Double](repeating: 0, count: units.count)
        for (place, index) in good.enumerated() { slopes[index] = result.desirable[place] }
        for (place, index) in bad.enumerated() { slopes[index] = result.undesirable[place] }
        var sums = UpdateSums(units: Double(units.count), loss: result.loss * Double(units.count))
        sums.values["chosenChange"] = good.reduce(0) { $0 + ratios[$1] } * Double(units.count) / Double(max(good.count, 1))
        sums.values["rejectedChange"] = bad.reduce(0) { $0 + ratios[$1] } * Double(units.count) / Double(max(bad.count, 1))
        return (surrogate(loss: result.loss, slopes: slopes, logProbabilities: scored.chosen.sum(axes: [1, 2])), sums)
    }

    /// z₀ of a batch: the divergence as clips under other clips' prompts show it, each with the next one's prompt.
    static func divergence(_ units: [LabelledClip], policy: MusicGenDecoder, start: MusicGenDecoder, by scorer: PolicyScorer) -> Double {
        let clips = units.map(\.clip)
        let mismatched = zip(clips, KTOLoss.mismatched(clips.count)).map { clip, other in
            var moved = CodeSequence(prompt: clips[other].prompt, codes: clip.codes)
            moved.support = clip.support
            return moved
        }
        let own = scorer.scores(mismatched, by: policy), base = scorer.scores(mismatched, by: start)
        return KTOLoss.reference(mismatchedRatios: zip(own, base).map { logRatio($0.logarithms, $1.logarithms) })
    }
}
