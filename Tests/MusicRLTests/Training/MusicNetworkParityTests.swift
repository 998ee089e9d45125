import NeuralCore
import TestSupport
import TextEncoding
import Testing

@testable import MusicRL

/// Text encoder and decoder against `recipes/music_network.py`, on which the default model was trained: the codes' nats within
/// 1e-5, gradients of all weights within 2e-4 of their peak. Padded texts, the null condition
/// and clocks included.
@Suite struct MusicNetworkParityTests {
    @Test(arguments: Fixture.all(in: "music_network")) func nats(_ fixture: Fixture) throws {
        let settings = fixture.config, text = settings["text"]
        func size(_ value: JSONValue, _ name: String) throws -> Int { try #require(value[name].int, "\(name)") }
        let textWidth = try size(text, "width"), textHeads = try size(text, "heads")
        var rng = Philox(seed: 1)
        var network = MusicNetwork(
            text: T5Configuration(
                vocabularySize: try size(text, "vocabulary"), width: textWidth, headWidth: textWidth / textHeads, heads: textHeads,
                feedForwardWidth: try size(text, "feedForwardWidth"), layers: try size(text, "layers")),
            decoder: MusicGenConfiguration(
                codes: try size(settings, "codes"), codebooks: try size(settings, "codebooks"), width: try size(settings, "width"),
                feedForwardWidth: try size(settings, "feedForwardWidth"), layers: try size(settings, "layers"),
                heads: try size(settings, "heads"), clockRate: settings["frameRate"].double),
            using: &rng)
        try network.load(from: fixture.weights)

        let clips = try fixture.tokens("codes"), pieces = try fixture.floats("pieces"), longest = try fixture.shape("pieces")[1]
        let texts = try fixture.floats("lengths").enumerated().map { clip, length in
            (0..<Int(length)).map { Int(pieces[clip * longest + $0]) }
        }
        let clocks = try zip(fixture.floats("tempos"), fixture.floats("starts")).map { tempo, start in
            tempo > 0 ? BeatClock(tempo: Double(tempo), start: Int(start)) : nil
        }
        let sequences = DelayedSequences(clips, pattern: network.decoder.configuration.pattern), frames = Float(clips[0][0].count)
        func nats(_ network: MusicNetwork) -> Tensor {
            network.decoder.logProbabilities(of: sequences, memory: network.memory(texts, clocks: clocks)).sum(axes: [2]) * (-1 / frames)
        }
        expectClose(nats(network), try fixture.tensor("nats"), absolute: 1e-5)
        let weights = try fixture.tensor("weights"), (_, gradients) = valueAndGradient(of: network) { (nats($0) * weights).sum() }
        for (name, gradient) in zip(gradients.names, gradients.tensors) {
            let reference = try fixture.tensor("grad." + name), peak = reference.values.reduce(0) { max($0, Double(abs($1))) }
            // Keys' and queries' small ones are what rounding leaves of larger terms.
            expectClose(gradient, reference, absolute: 2e-4 * max(peak, 1e-2), "gradient of \(name)")
        }
    }
}
