import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

/// Losses through a tiny decoder against PyTorch's: losses rtol 1e-5; gradients ‖a − b‖ ≤ 3e-5 ‖b‖ for each tensor.
@Suite struct GradientParityTests {
    private struct Material {
        let policy: MusicGenDecoder, sequences: DelayedSequences, memory: TextMemory
        let reference: Tensor, advantages: [Float], count: Float, z0: Float

        init(_ fixture: Fixture) throws {
            // The decoder's sizes are those of its tensors; heads are twelve wide.
            let file = try SafeTensorsFile(path: fixture.path(of: "policy_decoder.safetensors"))
            let head = try file.shape("lm_heads.0.weight"), up = try file.shape("model.decoder.layers.0.fc1.weight")
            func number(_ prefix: String) -> Int { (0...).prefix { n in file.names.contains { $0.hasPrefix("\(prefix)\(n).") } }.count }
            let configuration = MusicGenConfiguration(
                codes: head[0], codebooks: number("lm_heads."), width: head[1], feedForwardWidth: up[0],
                layers: number("model.decoder.layers."), heads: head[1] / 12)
            policy = try MusicGenDecoder(configuration, weights: file)
            sequences = DelayedSequences(try fixture.tokens("codes"), pattern: configuration.pattern)
            memory = try fixture.textMemory()
            reference = try fixture.tensor("ref_token_logprobs")
            advantages = try fixture.floats("advantages")
            z0 = try fixture.floats("kto_z0")[0]
            count = Float(sequences.counts.reduce(0, +))
        }

        func loss(_ name: String, _ decoder: MusicGenDecoder) -> Tensor {
            let own = decoder.logProbabilities(of: sequences, memory: memory), valid = sequences.validity
            let ratio = (own - reference).sum(axes: [1, 2])
            let advantage = Tensor(advantages, shape: [advantages.count, 1, 1])
            let distance = reference - own
            let divergence = ((exp(distance) - 1 - distance) * valid).sum() * (0.05 / count)
            func item(_ index: Int) -> Tensor { ratio.sliced(axis: 0, index..<index + 1) }
            switch name {
            case "ce": return -own.sum() / count
            case "dpo":
                return (softplus(-(0.1 * (item(0) - item(2)))) + softplus(-(0.1 * (item(1) - item(3))))).sum() * 0.5
            case "pg": return -(own * advantage).sum() / count + divergence
            case "ppo":
                let change = exp(own - reference)
                let gain = minimum(change * advantage, clamp(change, to: 0.9...1.1) * advantage)
                return -(gain * valid).sum() / count + divergence
            default:
                let wanted = (0..<2).map { 1 - sigmoid(0.1 * (item($0) - z0)) }
                let unwanted = (2..<4).map { 1 - sigmoid(0.1 * (z0 - item($0))) }
                return Tensor.concatenated(wanted + unwanted, axis: 0).mean()
            }
        }
    }

    @Test(arguments: Fixture.music("grads")) func losses(_ fixture: Fixture) throws {
        let material = try Material(fixture)
        let own = material.policy.logProbabilities(of: material.sequences, memory: material.memory)
        expectClose(own, try fixture.tensor("policy_token_logprobs"), relativeToPeak: 2e-5, "log-probabilities")
        for name in ["ce", "dpo", "pg", "ppo", "kto"] {
            let (loss, gradients) = valueAndGradient(of: material.policy) { material.loss(name, $0) }
            let expected = try #require(fixture.io["losses"][name].double)
            #expect(abs(Double(loss.item) - expected) <= 1e-5 * abs(expected), "\(name): \(loss.item) instead of \(expected)")
            var compared = 0
            for stored in fixture.names where stored.hasPrefix("grad.\(name).") {
                let parameter = String(stored.dropFirst("grad.\(name).".count))
                let gradient = try #require(gradients[parameter], "\(parameter)")
                expectClose(gradient, try fixture.tensor(stored), relativeL2: 3e-5, "\(name) by \(parameter)")
                compared += 1
            }
            #expect(compared > 20, "\(name): \(compared) gradients")
        }
    }
}
