import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Each part of the two networks alone: outputs within 5e-6, gradients within 2e-5 of the reference.
@Suite struct TargetLayerParityTests {
    private static let sets = Fixture.all(in: "tsh/layers")

    /// One layer of the set.
    private struct Run {
        let fixture: Fixture, name: String
        /// What the layer's own names have before them in the set.
        var prefix = ""

        func callAsFunction<L: Layer>(
            _ layer: L, inputs: [String] = ["x"], outputs: [String] = ["out"], _ body: (L, [Tensor]) throws -> [Tensor]
        ) throws {
            var layer = layer
            try layer.load(from: fixture.weights, prefix: "\(name).\(prefix)")
            let values = try inputs.map { try fixture.tensor("\(name)/in.\($0)") }
            for (output, actual) in zip(outputs, try body(layer, values)) {
                expectClose(actual, try fixture.tensor("\(name)/\(output)"), absolute: 5e-6, "\(name) \(output)")
            }
            let cotangents = try outputs.map { try fixture.tensor("\(name)/cot.\($0)") }
            let gradients = try NamedGradients(
                of: layer, inputs: values, inputNames: inputs.map { "in.\($0)" }, cotangents: cotangents, body)
            try gradients.expectClose(
                to: fixture, prefix: { "\(name)/grad." + ($0.hasPrefix("in.") ? $0 : prefix + $0) }, absolute: 2e-5)
        }
    }

    /// The set's sizes.
    private struct Sizes {
        let width: Int, bins: Int, hidden: Int, microphones: Int, outputs: Int, embedding: Int

        init(_ fixture: Fixture) throws {
            func size(_ name: String) throws -> Int { try #require(fixture.config[name].int) }
            (width, bins, hidden) = (try size("D"), try size("Q"), try size("H"))
            (microphones, outputs, embedding) = (try size("M"), try size("S"), try size("Em"))
        }
    }

    @Test(arguments: sets) func convolutionsWithPastFrames(_ fixture: Fixture) throws {
        let sizes = try Sizes(fixture)
        var rng = Philox(seed: 1)
        try Run(fixture: fixture, name: "conv_causal")(
            Conv2D(2 * sizes.microphones, sizes.width, kernel: 3, padding: Padding2D(0, 1), using: &rng), inputs: ["x", "buf"]
        ) { [$0(.concatenated([$1[1], $1[0]], axis: 2))] }
        try Run(fixture: fixture, name: "deconv_causal")(
            ConvTranspose2D(sizes.width, 2 * sizes.outputs, kernel: 3, padding: Padding2D(2, 1), using: &rng), inputs: ["x", "buf"]
        ) { [$0(.concatenated([$1[1], $1[0]], axis: 2))] }
    }

    @Test(arguments: sets) func voiceConditioning(_ fixture: Fixture) throws {
        let sizes = try Sizes(fixture)
        var rng = Philox(seed: 1)
        try Run(fixture: fixture, name: "embed_to_feats")(
            VoiceConditioning(embedding: sizes.embedding, bins: sizes.bins, width: sizes.width, using: &rng), inputs: ["e", "x"]
        ) { [($1[1].channelsLast * $0($1[0])).channelsFirst] }
    }

    @Test(arguments: sets) func normalisations(_ fixture: Fixture) throws {
        let sizes = try Sizes(fixture)
        for name in ["norm4d", "normcf"] {
            let features = try #require(fixture.shape("\(name)/in.x").last)
            try Run(fixture: fixture, name: name, prefix: "norm.")(LayerNorm(features)) { [$0($1[0])] }
        }
        try Run(fixture: fixture, name: "prelu")(PReLU()) { [$0($1[0])] }
        try Run(fixture: fixture, name: "enroll_norm4d")(AxisNorm(features: sizes.width, epsilon: 1e-5)) {
            [$0($1[0].channelsLast).channelsFirst]
        }
        let features = try fixture.shape("enroll_normcf/in.x")[1]
        try Run(fixture: fixture, name: "enroll_normcf")(AxisNorm(features: features, bins: sizes.bins, epsilon: 1e-5)) {
            [$0($1[0].channelsLast).channelsFirst]
        }
    }

    @Test(arguments: sets) func recurrences(_ fixture: Fixture) throws {
        let sizes = try Sizes(fixture)
        var rng = Philox(seed: 1)
        try Run(fixture: fixture, name: "inter_rnn")(
            LSTM(inputSize: sizes.width, hiddenSize: sizes.hidden, using: &rng), inputs: ["x", "h0", "c0"], outputs: ["out", "h", "c"]
        ) { lstm, inputs in
            var state: LSTM.State? = LSTM.State(hidden: inputs[1], cell: inputs[2])
            let output = lstm(inputs[0], state: &state)
            return [output, try #require(state).hidden, try #require(state).cell]
        }
        try Run(fixture: fixture, name: "intra_rnn")(
            LSTM(inputSize: sizes.width, hiddenSize: sizes.hidden, bidirectional: true, using: &rng)
        ) { [$0($1[0])] }
    }

    /// The enrolment network's sizes in the set.
    private func enrolment(_ sizes: Sizes) -> EnrollmentConfiguration {
        var configuration = EnrollmentConfiguration()
        configuration.windowLength = 2 * (sizes.bins - 1)
        (configuration.width, configuration.hidden, configuration.heads) = (sizes.width, sizes.hidden, 1)
        return configuration
    }

    private struct InputStage: Layer {
        var convolution: Conv2D, norm: GroupNorm

        mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
            try visitor.visit("0", &convolution)
            try visitor.visit("1", &norm)
        }
    }

    @Test(arguments: sets) func enrolmentParts(_ fixture: Fixture) throws {
        let sizes = try Sizes(fixture), configuration = enrolment(sizes)
        var rng = Philox(seed: 1)
        try Run(fixture: fixture, name: "enroll_conv_gn")(
            InputStage(
                convolution: Conv2D(2 * sizes.microphones, sizes.width, kernel: 3, padding: 1, using: &rng),
                norm: GroupNorm(groups: 1, channels: sizes.width))
        ) { [$0.norm($0.convolution($1[0]))] }
        try Run(fixture: fixture, name: "enroll_qconv")(
            FrameAttention.FrameProjection(
                inputs: sizes.width, outputs: fixture.shape("enroll_qconv/out")[1], configuration, using: &rng)
        ) { [$0($1[0].channelsLast).channelsFirst] }

        let part = StretchRecurrence(configuration, using: &rng)
        try Run(fixture: fixture, name: "enroll_intra_linear")(part.projection) { projection, inputs in
            var part = part
            part.projection = projection
            let states = inputs[0].transposed([0, 2, 1]).expanded(at: 1)
            return [part.project(states, axis: 2, length: states.shape[2] + 3).squeezed(at: 1).transposed([0, 2, 1])]
        }
    }

    /// The set has the stretch inside each feature.
    @Test(arguments: sets) func stretches(_ fixture: Fixture) throws {
        let x = try fixture.tensor("enroll_unfold/in.x").transposed([0, 2, 1])
        let expected = try fixture.tensor("enroll_unfold/out")
        let (batch, frames, width) = (x.shape[0], expected.shape[2], x.shape[2])
        let unfolded = x.unfolded(axis: 1, kernel: 4).reshaped([batch, frames, 4, width]).transposed([0, 3, 2, 1])
        #expect(unfolded.reshaped([batch, 4 * width, frames]) == expected)
    }
}
