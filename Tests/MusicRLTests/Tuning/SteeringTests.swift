import Alignment
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

/// Clips that go on from others' pasts.
@Suite struct SteeringTests {
    /// A sequence that took over another's past gives what it would have given with that past from the start, to the bit.
    @Test(arguments: WeightPrecision.allCases) func reorderedPasts(_ precision: WeightPrecision) throws {
        let fixture = Fixture.music("musicgen")[0]
        let weights = try DecoderWeights(fixture.musicGenConfiguration(), from: fixture.weights, prefix: "decoder.", precision: precision)
        let text = try fixture.conditions(weights)[0]
        var rng = Philox(seed: 4)
        let tokens = (0..<3).map { _ in (0..<9).map { _ in (0..<4).map { _ in Int32(rng.nextInt(below: 65)) } } }
        let sources = [2, 0, 2]
        let decoder = IncrementalDecoder(weights, conditions: [text, text, text], capacity: 9)
        try decoder.advance(tokens.map { Array($0[..<6]) })
        decoder.reorder(sources)
        try decoder.advance(tokens.map { Array($0[6...]) })
        let plain = IncrementalDecoder(weights, conditions: [text, text, text], capacity: 9)
        try plain.advance(zip(sources, tokens).map { Array(tokens[$0][..<6]) + Array($1[6...]) })
        for sequence in 0..<3 { #expect(Array(decoder.scores(sequence)) == Array(plain.scores(sequence))) }
    }

    /// Frames that were drawn before are those of the clip that was chosen; clips differ afterwards.
    @Test(arguments: [1.0, 3.0]) func reselectedClips(_ guidance: Double) throws {
        let tiny = try TinyPolicy(codes: 9, codebooks: 2), weights = try DecoderWeights(tiny.decoder, precision: .float32)
        let text = tiny.texts[0].map { TextCondition($0, for: weights) }
        let generator = try TokenGenerator(
            weights, texts: [text, text, text], seeds: [1, 2, 3], settings: SamplingSettings(topK: 0, guidance: guidance), window: wideWindow, frames: 20)
        var before: [[[Int32]]] = []
        let codes = try generator.generate(reselect: { frame, codes in
            guard frame == 11 else { return nil }
            before = codes
            return [1, 1, 1]
        })
        for clip in codes { #expect(clip.map { Array($0[..<12]) } == before[1]) }
        #expect(Set(codes.map { $0.map { Array($0[13...]) } }).count == 3)
    }

    /// Steering draws from π exp(λ r): on clips that can be listed, as often as it should.
    @Test func steeredDrawsAreTilted() throws {
        let tiny = try TinyPolicy(codes: 3, codebooks: 1, frames: 2), weights = try DecoderWeights(tiny.decoder, precision: .float32)
        let text = tiny.texts[0].map { TextCondition($0, for: weights) }, strength = 3.0, count = 512
        var random = Philox(seed: 11)
        // The reward of the first frame alone, so that what is drawn after it is as without.
        func reward(_ codes: [[Int32]]) -> Double { TinyPolicy.partReward(Int(codes[0][0]), frame: 0, codebook: 0) }
        let generator = try TokenGenerator(
            weights, texts: (0..<count).map { _ in text }, seeds: (0..<count).map { UInt64($0) }, settings: tiny.distribution.settings,
            window: wideWindow, frames: 2)
        let codes = try generator.generate(reselect: { _, codes in
            let values = ParticleSteering.weights(.difference, rewards: [codes.map(reward)], strength: strength)
            return ParticleSteering.systematicResampling(values, offset: Double(random.nextUniform()))
        })
        let start = tiny.logProbabilities(tiny.decoder)
        let target = try RegularizedOptimum(
            reference: start, rewards: tiny.clips.map { reward($0.codes) }, beta: 1 / strength).logProbabilities.map { exp($0) }
        for (clip, share) in zip(tiny.clips, target) {
            let found = Double(codes.count { $0 == clip.codes }) / Double(count)
            let error = (share * (1 - share) / Double(count)).squareRoot()
            #expect(abs(found - share) < 5 * error + 0.01, "\(clip.codes): \(found) instead of \(share)")
        }
    }
}
