import NeuralCore
import TestSupport
import Testing

@testable import MusicRL
@testable import TextEncoding

/// Whole sequences through the decoder against transformers': logits rtol 2e-5 of the largest.
@Suite struct MusicGenParityTests {
    private static let sets = Fixture.music("musicgen", "musicgen_stereo")

    @Test(arguments: sets) func statesAndScores(_ fixture: Fixture) throws {
        let decoder = try fixture.musicGenDecoder(), memory = try fixture.textMemory()
        let tokens = try fixture.tokens("delayed").map { clip in clip.map { Array($0.dropLast()) } }
        let positions = SinusoidalPositions(width: decoder.configuration.width)
        let table = try fixture.tensor("positions"), width = table.shape[1]
        for position in 0..<table.shape[0] {
            let row = Array(table.values[position * width..<(position + 1) * width])
            expectClose(positions.vector(at: position), row, absolute: 1e-6 * Double(max(1, position)), "position \(position)")
        }
        let states = decoder.states(tokens, memory: memory)
        expectClose(states[0], try fixture.tensor("layer_in"), relativeToPeak: 5e-6, "layer_in")
        for (index, state) in states.enumerated() {
            expectClose(state, try fixture.tensor("hidden\(index)"), relativeToPeak: 2e-5, "hidden\(index)")
        }
        let scores = decoder(tokens, memory: memory), free = decoder(tokens, memory: nil)
        expectClose(scores, try fixture.tensor("logits"), relativeToPeak: 2e-5, "logits")
        expectClose(free, try fixture.tensor("uncond_logits"), relativeToPeak: 2e-5, "uncond_logits")
        expectClose(free, try fixture.tensor("no_cross_logits"), relativeToPeak: 2e-5, "no_cross_logits")
        let guided = zip(scores.values, free.values).map { TokenGenerator.guided($0, $1, 3) }
        expectClose(Tensor(guided, shape: scores.shape), try fixture.tensor("cfg_logits_g3"), relativeToPeak: 2e-5, "guided")

        // A text without pieces among others is the null condition.
        let mixed = decoder(tokens, memory: TextMemory(states: memory.states, lengths: [memory.lengths[0], 0]))
        expectClose(mixed.sliced(axis: 0, 0..<1), scores.sliced(axis: 0, 0..<1), relativeToPeak: 1e-6, "beside no text")
        expectClose(mixed.sliced(axis: 0, 1..<2), free.sliced(axis: 0, 1..<2), relativeToPeak: 1e-6, "no text")
    }

    @Test(arguments: sets) func textStates(_ fixture: Fixture) throws {
        let text = try T5Configuration(fixture.config["text_encoder"], path: "config.json")
        let encoder = try T5Encoder(text, weights: fixture.weights, prefix: "text_encoder.")
        let parts = try MusicModelParts(settings: fixture.config, path: "config.json", tensors: fixture.weights)
        let ids = try fixture.table("input_ids"), lengths = try fixture.table("attention_mask").map { $0.reduce(0, +) }
        let states = encoder(ids, lengths: lengths)
        for (item, length) in lengths.enumerated() {
            func part(_ x: Tensor) -> Tensor { x.sliced(axis: 0, item..<item + 1).sliced(axis: 1, 0..<length) }
            expectClose(part(states), part(try fixture.tensor("text_states")), relativeToPeak: 5e-6, "text \(item)")
        }
        let vocabulary = UnigramTokenizer(pieces: [.init(text: "</s>", score: 0)], unknownID: 0, endID: 0, map: CharacterMap())
        let conditioner = TextConditioner(tokenizer: vocabulary, encoder: encoder, projection: try parts.projection())
        expectClose(
            conditioner.states(ids, lengths: lengths), try fixture.tensor("encoder_hidden_states"), relativeToPeak: 5e-6, "memory")
    }

    @Test(arguments: sets) func logProbabilities(_ fixture: Fixture) throws {
        let decoder = try fixture.musicGenDecoder()
        let sequences = DelayedSequences(try fixture.tokens("codes"), pattern: decoder.configuration.pattern)
        #expect(try sequences.tokens == fixture.tokens("delayed"))
        let logarithms = decoder.logProbabilities(of: sequences, memory: try fixture.textMemory())
        // Places without codes are no one's: the reference may hold what the network says there.
        expectClose(
            logarithms, try fixture.tensor("token_logprobs") * sequences.validity, relativeToPeak: 2e-5, "token_logprobs")
        expectClose(logarithms.sum(axes: [1, 2]), try fixture.tensor("seq_logprob"), relativeToPeak: 2e-5, "seq_logprob")
    }

    /// A clip scores the same alone and beside a longer one.
    @Test func clipsOfSeveralLengths() throws {
        let fixture = Self.sets[0], decoder = try fixture.musicGenDecoder(), pattern = decoder.configuration.pattern
        let codes = try fixture.tokens("codes")[0], short = codes.map { Array($0.prefix(3)) }
        let both = decoder.logProbabilities(of: DelayedSequences([codes, short], pattern: pattern), memory: nil)
        let alone = decoder.logProbabilities(of: DelayedSequences([short], pattern: pattern), memory: nil)
        let part = both.sliced(axis: 0, 1..<2).sliced(axis: 2, 0..<alone.shape[2])
        expectClose(part, alone, relativeToPeak: 1e-6)
        #expect(both.sliced(axis: 0, 1..<2).sliced(axis: 2, alone.shape[2]..<both.shape[2]).values.allSatisfy { $0 == 0 })
    }
}
