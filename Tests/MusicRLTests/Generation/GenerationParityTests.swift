import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

/// Codes drawn greedily are transformers' codes.
@Suite struct GenerationParityTests {
    private static let sets = Fixture.music("musicgen", "musicgen_stereo")

    private func weights(_ fixture: Fixture, _ precision: WeightPrecision = .float32) throws -> DecoderWeights {
        try DecoderWeights(fixture.musicGenConfiguration(), from: fixture.weights, prefix: "decoder.", precision: precision)
    }

    @Test(arguments: sets) func greedyCodes(_ fixture: Fixture) throws {
        let weights = try weights(fixture), conditions = try fixture.conditions(weights)
        for (name, guidance) in [("greedy_g1", 1.0), ("greedy_g3", 3)] {
            let expected = try fixture.tokens(name + "_codes"), frames = expected[0][0].count
            var settings = SamplingSettings.greedy
            settings.guidance = guidance
            let generator = try TokenGenerator(
                weights, texts: conditions, seeds: [1, 2], settings: settings, window: wideWindow, frames: frames)
            var announced = 0
            let codes = try generator.generate { frame, codes in
                #expect(frame == announced && codes[0] == expected[0].map { $0[frame] })
                announced += 1
            }
            #expect(codes == expected && announced == frames, "\(name)")
        }
    }

    @Test(arguments: sets) func continuedCodes(_ fixture: Fixture) throws {
        let weights = try weights(fixture), conditions = try fixture.conditions(weights)
        let starts = try fixture.tokens("prompt_codes"), expected = try fixture.tokens("continued_codes")
        // The set does not say with which guidance it was made; one of the two must be it.
        let matches = try [1.0, 3].map { guidance in
            try starts.indices.map { item in
                var settings = SamplingSettings.greedy
                settings.guidance = guidance
                let generator = try TokenGenerator(
                    weights, texts: [conditions[item]], seeds: [0], settings: settings, window: wideWindow,
                    start: starts[item], frames: expected[item][0].count)
                return try generator.generate()[0]
            }
        }
        #expect(matches.contains(expected), "neither guidance 1 nor 3 gives the continuation")
    }

    /// Scores step by step are those of whole sequences, and the reference's.
    @Test(arguments: sets) func stepByStepScores(_ fixture: Fixture) throws {
        let weights = try weights(fixture), conditions = try fixture.conditions(weights)
        let tokens = try fixture.tokens("delayed").map { clip in clip[0].indices.dropLast().map { step in clip.map { $0[step] } } }
        let decoder = IncrementalDecoder(weights, conditions: conditions + [nil, nil], capacity: tokens[0].count)
        let expected = try (fixture.tensor("logits"), fixture.tensor("uncond_logits"))
        for step in tokens[0].indices {
            try decoder.advance((tokens + tokens).map { [$0[step]] })
            for (part, tensor) in [expected.0, expected.1].enumerated() {
                for item in tokens.indices {
                    let own = Array(decoder.scores(part * tokens.count + item))
                    let row = tensor.sliced(axis: 0, item..<item + 1).sliced(axis: 2, step..<step + 1).values
                    let peak = tensor.values.reduce(0) { max($0, abs($1)) }
                    expectClose(own, row, absolute: 2e-5 * Double(peak), "step \(step)")
                }
            }
        }
    }

    /// A network in memory and its file are the same decoder.
    @Test func weightsOfANetworkInMemory() throws {
        let fixture = Self.sets[0], stored = try weights(fixture)
        let held = try DecoderWeights(fixture.musicGenDecoder(), precision: .float32)
        let codes = try [stored, held].map {
            try TokenGenerator($0, texts: [nil], seeds: [1], settings: .init(), window: wideWindow, frames: 9).generate()
        }
        #expect(codes[0] == codes[1])
    }

    @Test(arguments: sets) func precisionsStayNear(_ fixture: Fixture) throws {
        let tokens = try fixture.tokens("delayed").map { clip in clip[0].indices.dropLast().map { step in clip.map { $0[step] } } }
        func scores(_ precision: WeightPrecision) throws -> [Float] {
            let weights = try weights(fixture, precision)
            let decoder = IncrementalDecoder(weights, conditions: try fixture.conditions(weights), capacity: tokens[0].count)
            try decoder.advance(tokens)
            return Array(decoder.scores(0)) + Array(decoder.scores(1))
        }
        let exact = try scores(.float32)
        expectClose(try scores(.bfloat16), exact, relativeL2: 0.02, "bfloat16")
        expectClose(try scores(.int8), exact, relativeL2: 0.03, "int8")
    }
}
