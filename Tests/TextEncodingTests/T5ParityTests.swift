import NeuralCore
import TestSupport
import Testing

@testable import TextEncoding

/// States against transformers': rtol 5e-6 of the largest where the text is no padding, ten times the reference's own
/// distance from double precision. Buckets are exact.
@Suite struct T5ParityTests {
    @Test(arguments: Fixture.music("t5_relu", "t5_gated_gelu")) func states(_ fixture: Fixture) throws {
        let configuration = try T5Configuration(fixture.config, path: fixture.path(of: "config.json"))
        let encoder = try T5Encoder(configuration, weights: fixture.weights)
        let ids = try fixture.table("input_ids"), lengths = try fixture.table("attention_mask").map { $0.reduce(0, +) }
        let states = encoder.states(ids, lengths: lengths)
        for (index, state) in states.enumerated() {
            try expectStates(state, fixture.tensor("hidden\(index)"), lengths, "hidden\(index)")
        }
        try expectStates(states.last!, fixture.tensor("last_hidden_state"), lengths, "last_hidden_state")

        // A text alone has the states that it has beside longer ones.
        let shortest = lengths.indices.min { lengths[$0] < lengths[$1] }!
        let alone = encoder([Array(ids[shortest].prefix(lengths[shortest]))])
        let beside = states.last!.sliced(axis: 0, shortest..<shortest + 1).sliced(axis: 1, 0..<lengths[shortest])
        expectClose(alone, beside, relativeToPeak: 5e-6, "alone")

        let buckets = RelativePositionBuckets(count: configuration.buckets, maximumDistance: configuration.maximumDistance)
        for (query, row) in try fixture.table("rel_buckets").enumerated() {
            #expect(row.indices.map { buckets($0 - query) } == row, "buckets of position \(query)")
        }
    }

    private func expectStates(_ actual: Tensor, _ expected: Tensor, _ lengths: [Int], _ label: String) throws {
        for (item, length) in lengths.enumerated() {
            func part(_ x: Tensor) -> Tensor { x.sliced(axis: 0, item..<item + 1).sliced(axis: 1, 0..<length) }
            expectClose(part(actual), part(expected), relativeToPeak: 5e-6, "\(label) of text \(item)")
        }
    }

    @Test func firstDistancesOfBuckets() {
        let buckets = RelativePositionBuckets(count: 32, maximumDistance: 128)
        let first = (8..<16).map { bucket in (0...200).first { buckets(-$0) == bucket }! }
        #expect(first == [8, 12, 16, 23, 32, 46, 64, 91])
        #expect(buckets(-100_000) == 15 && buckets(100_000) == 31 && buckets(0) == 0 && buckets(1) == 17)
    }

    /// The published names, and the other name of the table of pieces.
    @Test(arguments: Fixture.music("t5_relu", "t5_gated_gelu")) func otherNames(_ fixture: Fixture) throws {
        let configuration = try T5Configuration(fixture.config, path: "config.json")
        let renamed = RenamedTensors(try fixture.weights) { "t5." + ($0 == "shared.weight" ? "encoder.embed_tokens.weight" : $0) }
        let ids = [[5, 6, 7, 1]]
        #expect(
            try T5Encoder(configuration, weights: renamed, prefix: "t5.")(ids)
                == T5Encoder(configuration, weights: fixture.weights)(ids))
        var wrong = configuration
        wrong.vocabularySize += 1
        #expect(throws: CheckpointError.self) { try T5Encoder(wrong, weights: fixture.weights) }
        wrong.vocabularySize = 2_000_000
        #expect(throws: CheckpointError.self) { try T5Encoder(wrong, weights: fixture.weights) }
    }

    @Test func gradients() throws {
        let fixture = Fixture.music("t5_gated_gelu")[0]
        let encoder = try T5Encoder(T5Configuration(fixture.config, path: "config.json"), weights: fixture.weights)
        let names = encoder.namedParameters().map(\.0)
        let (_, gradients) = valueAndGradient(of: encoder) { sum(square($0([[9, 4, 1]]))) }
        #expect(gradients.names == names && gradients.norm > 0)
        var norm = RMSNorm(6, epsilon: 1e-6), rng = Philox(seed: 2)
        norm.weight = .gaussian([6], using: &rng)
        checkGradients(at: [.gaussian([3, 6], using: &rng), norm.weight], "RMSNorm") { inputs in
            var own = norm
            own.weight = inputs[1]
            return own(inputs[0])
        }
    }
}
