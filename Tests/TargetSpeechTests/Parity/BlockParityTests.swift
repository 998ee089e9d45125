import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Whole blocks of both networks: outputs and states within 1e-5, gradients within 2e-5 of their peak.
@Suite struct BlockParityTests {
    private static let states = ["h0", "c0", "K_buf", "V_buf"]

    private func causalBlock(_ fixture: Fixture) throws -> (CausalBlock, ExtractorConfiguration) {
        let config = fixture.config
        var configuration = ExtractorConfiguration()
        configuration.width = try #require(config["emb_dim"].int)
        configuration.hidden = try #require(config["hidden_channels"].int)
        configuration.heads = try #require(config["n_head"].int)
        configuration.attentionFrames = try #require(config["local_atten_len"].int)
        configuration.approximateQuerySize = try #require(config["approx_qk_dim"].int)
        let window = 2 * (try #require(config["n_freqs"].int) - 1)
        (configuration.chunkLength, configuration.lookahead) = (window, 0)
        var rng = Philox(seed: 1)
        var block = CausalBlock(configuration, using: &rng)
        try block.load(from: fixture.weights)
        return (block, configuration)
    }

    private func run(_ block: CausalBlock, _ x: Tensor, _ start: [Tensor]) -> [Tensor] {
        var state = CausalBlock.State(
            time: LSTM.State(hidden: start[0], cell: start[1]), keys: start[2], values: start[3])
        let output = block(x.channelsLast, state: &state).channelsFirst
        return [output, state.time.hidden, state.time.cell, state.keys, state.values]
    }

    @Test(arguments: Fixture.all(in: "tsh/block_causal")) func causal(_ fixture: Fixture) throws {
        let (block, _) = try causalBlock(fixture)
        let before = Self.states.map { "state_before.\($0)" }, after = ["out"] + Self.states.map { "state_after.\($0)" }
        let inputs = try (["x"] + before).map(fixture.tensor)
        for (name, actual) in zip(after, run(block, inputs[0], Array(inputs[1...]))) {
            expectClose(actual, try fixture.tensor(name), absolute: 1e-5, name)
        }
        let cotangents = try after.map { try fixture.tensor("cot.\($0)") }
        try NamedGradients(of: block, inputs: inputs, inputNames: ["x"] + before, cotangents: cotangents) { block, inputs in
            run(block, inputs[0], Array(inputs[1...]))
        }.expectClose(to: fixture, prefix: { gradientName($0, in: fixture) }, relative: 2e-5)
    }

    /// From nothing: the zeros before the first frame take part.
    @Test(arguments: Fixture.all(in: "tsh/block_causal")) func causalFromZero(_ fixture: Fixture) throws {
        let (block, configuration) = try causalBlock(fixture)
        var state = CausalBlock.State(configuration, batch: try fixture.shape("zero/x")[0])
        let output = block(try fixture.tensor("zero/x").channelsLast, state: &state).channelsFirst
        expectClose(output, try fixture.tensor("zero/out"), absolute: 1e-5)
        for (name, actual) in zip(Self.states, [state.time.hidden, state.time.cell, state.keys, state.values]) {
            expectClose(actual, try fixture.tensor("zero/state_after.\(name)"), absolute: 1e-5, name)
        }
    }

    @Test(arguments: Fixture.all(in: "tsh/block_enroll")) func offline(_ fixture: Fixture) throws {
        let config = fixture.config
        var configuration = EnrollmentConfiguration()
        configuration.width = try #require(config["emb_dim"].int)
        configuration.hidden = try #require(config["hidden_channels"].int)
        configuration.heads = try #require(config["n_head"].int)
        configuration.approximateQuerySize = try #require(config["approx_qk_dim"].int)
        configuration.stretch = try #require(config["emb_ks"].int)
        configuration.stretchHop = try #require(config["emb_hs"].int)
        configuration.windowLength = 2 * (try #require(config["n_freqs"].int) - 1)
        var rng = Philox(seed: 1)
        var block = OfflineBlock(configuration, using: &rng)
        try block.load(from: fixture.weights)
        let x = try fixture.tensor("x")
        expectClose(block(x.channelsLast).channelsFirst, try fixture.tensor("out"), absolute: 1e-5)
        let cotangent = try fixture.tensor("cot.out")
        let gradients = NamedGradients(of: block, inputs: [x], inputNames: ["x"], cotangents: [cotangent]) {
            [$0($1[0].channelsLast).channelsFirst]
        }
        try gradients.expectClose(to: fixture, prefix: { gradientName($0, in: fixture) }, relative: 2e-5)
    }
}

/// Sets name the gradients of parameters `grad.param.NAME` or `grad.NAME`.
func gradientName(_ name: String, in fixture: Fixture) -> String {
    fixture.hasTensor("grad.param.\(name)") ? "grad.param.\(name)" : "grad.\(name)"
}
