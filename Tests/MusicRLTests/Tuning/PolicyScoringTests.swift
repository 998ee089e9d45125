import Alignment
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

/// The probabilities that are learned are those that were drawn from. CASES C56, C57.
@Suite struct PolicyScoringTests {
    static let samplings = [
        SamplingSettings(topK: 0, guidance: 1), SamplingSettings(temperature: 0.7, topK: 0, guidance: 3),
        SamplingSettings(topK: 3, guidance: 1), SamplingSettings(temperature: 1.3, topK: 4, topP: 0.8, guidance: 2),
        SamplingSettings(topK: 0, guidance: 0),
    ]

    /// By the incremental decoder and the sampler that drew the clip, one code after the other.
    private func logarithms(_ clip: CodeSequence, _ tiny: TinyPolicy, text: TextStates?) throws -> Double {
        let weights = try DecoderWeights(tiny.decoder, precision: .float32), settings = tiny.distribution.settings
        let condition = settings.guidance == 0 ? nil : text.map { TextCondition($0, for: weights) }
        let tokens = tiny.pattern.delayed(clip.codes), steps = tokens[0].count, codes = tiny.decoder.configuration.codes
        let decoder = IncrementalDecoder(weights, conditions: [condition, nil], capacity: steps)
        let sampler = TokenSampler(settings)
        var sum = 0.0
        for step in 0..<steps - 1 {
            let row = [tokens.map { $0[step] }]
            try decoder.advance([row, row])
            for codebook in tokens.indices where (0..<clip.frames).contains(tiny.pattern.frame(step: step + 1, codebook: codebook)) {
                let scores = (0..<codes).map { code -> Double in
                    let (with, without) = (decoder.scores(0)[codebook * codes + code], decoder.scores(1)[codebook * codes + code])
                    let isGuided = settings.guidance != 0 && settings.guidance != 1 && condition != nil
                    return Double(isGuided ? TokenGenerator.guided(with, without, Float(settings.guidance)) : with)
                }
                let drawn = sampler.distribution(scores), token = Int(tokens[codebook][step + 1])
                let place = try #require(drawn.codes.firstIndex(of: token), "a code was drawn that could not be")
                sum += log(drawn.probabilities[place])
            }
        }
        return sum
    }

    @Test(arguments: samplings) func probabilitiesAreThoseOfTheDraw(_ sampling: SamplingSettings) throws {
        let tiny = try TinyPolicy(codes: 7, codebooks: 2, frames: 2, sampling: sampling), texts = tiny.texts + [nil]
        let scorer = PolicyScorer(distribution: tiny.distribution, pattern: tiny.pattern, texts: texts, chunk: 3)
        let generator = RolloutGenerator(sampling: sampling, window: wideWindow, frames: 6, texts: texts)
        let requests = (0..<7).map { RolloutGenerator.Request(prompt: $0 % 3, seed: UInt64($0)) }
        let (clips, scores) = scorer.drawn(try generator.generate(requests, by: tiny.decoder), by: tiny.decoder)
        #expect(scorer.scores(clips, by: tiny.decoder).map(\.logarithms) == scores.map(\.logarithms))
        for (clip, score) in zip(clips, scores) {
            let own = score.logarithms.reduce(0) { $0 + Double($1) }
            expectNear(own, try logarithms(clip, tiny, text: texts[clip.prompt]), absolute: 2e-4)
            let possible = sampling.topK > 0 ? log(Double(sampling.topK)) : log(7)
            #expect(score.entropy >= 0 && score.entropy <= possible + 1e-6, "entropy \(score.entropy)")
            #expect(score.divergence(from: score.logarithms) == 0)
        }
    }

    /// What was drawn for another prompt is scored as an answer to its new one, and all codes count.
    @Test(arguments: samplings) func borrowedClips(_ sampling: SamplingSettings) throws {
        let whole = SamplingSettings(temperature: sampling.temperature, topK: 0, topP: 1, guidance: sampling.guidance)
        let tiny = try TinyPolicy(codes: 7, codebooks: 2, frames: 2, sampling: sampling)
        let free = try TinyPolicy(codes: 7, codebooks: 2, frames: 2, sampling: whole)
        let scorer = PolicyScorer(distribution: tiny.distribution, pattern: tiny.pattern, texts: tiny.texts, chunk: 2)
        let generator = RolloutGenerator(sampling: sampling, window: wideWindow, frames: 6, texts: tiny.texts)
        let generated = try generator.generate([.init(prompt: 1, seed: 5)], by: tiny.decoder)[0]
        let (clips, scores) = scorer.drawn([generated, generated.borrowed(for: 0)], by: tiny.decoder)
        #expect(clips[1].support == nil)
        expectNear(
            scores[1].logarithms.reduce(0) { $0 + Double($1) }, try logarithms(clips[1], free, text: tiny.texts[0]), absolute: 2e-4)
    }

    /// Clips of very different lengths in one batch are as each by itself; nothing of padding gets into a sum.
    @Test func paddingIsOutOfEverySum() throws {
        let tiny = try TinyPolicy(codes: 5, codebooks: 2, frames: 2)
        var rng = Philox(seed: 1)
        let clips = [10, 100, 1].enumerated().map { index, frames in
            CodeSequence(prompt: index % 2, codes: (0..<2).map { _ in (0..<frames).map { _ in Int32(rng.nextInt(below: 5)) } })
        }
        let together = tiny.scorer.scores(clips, by: tiny.decoder)
        for (clip, score) in zip(clips, together) {
            let alone = tiny.scorer.scores([clip], by: tiny.decoder)[0]
            #expect(score.logarithms.count == alone.logarithms.count)
            expectClose(score.logarithms, alone.logarithms, absolute: 1e-5)
            expectNear(score.entropy, alone.entropy, absolute: 1e-6)
            #expect(score.logarithms.count { $0 != 0 } == clip.codeCount)
        }
    }

    /// Adapters begin as nothing, and their gradient is that of the weights they change.
    @Test func adaptersAreTheirProduct() throws {
        let tiny = try TinyPolicy()
        var rng = Philox(seed: 2)
        var adapters = TuningConfiguration.Adapters()
        (adapters.kind, adapters.rank, adapters.alpha) = (.both, 3, 6)
        var policy = TunedPolicy(tiny.decoder, adapters: adapters, predictsReturns: false, using: &rng)
        expectClose(tiny.logProbabilities(policy.decoder).map { Float($0) }, tiny.logProbabilities(tiny.decoder).map { Float($0) }, absolute: 1e-6)
        // Ten projections with two matrices each, four norms with gain and offset.
        #expect(policy.namedParameters().count == 28)
        try policy.nudge()
        let scorer = tiny.scorer
        func loss(_ policy: TunedPolicy) -> Tensor { scorer.scored([tiny.clips[5]], by: policy).chosen.sum() }
        let (_, gradients) = valueAndGradient(of: policy) { loss($0) }
        struct Step: ParameterVisitor {
            var path = ""
            let target: String, index: Int, step: Float
            mutating func visit(_ name: String, _ parameter: inout Tensor) {
                guard fullName(name) == target else { return }
                parameter.withUnsafeMutableBuffer { $0[index] += step }
            }
            mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
        }
        for (name, index) in [("low_rank.adapters.4.up", 0), ("low_rank.adapters.4.up", 20), ("norms.shifts.0.value", 3), ("norms.shifts.5.value", 6)] {
            func value(_ step: Float) throws -> Float {
                var moved = policy, visitor = Step(target: name, index: index, step: step)
                try moved.visitParameters(&visitor)
                return loss(moved).item
            }
            let slope = (try value(0.02) - value(-0.02)) / 0.04
            expectNear(Double(try #require(gradients[name]).values[index]), Double(slope), absolute: 2e-3)
        }
    }

    @Test func greedyDrawsAreRefused() throws {
        #expect(throws: TuningError.self) { try SampledDistribution(.greedy) }
        let tiny = try TinyPolicy()
        var material = tiny.material()
        material.window = TokenGenerator.Window(length: 2, stride: 1)
        material.frames = 3
        try withFolder { folder in
            _ = #expect(throws: TuningError.self) { try tiny.runner(tiny.settings, folder: folder, material: material) }
        }
    }
}
