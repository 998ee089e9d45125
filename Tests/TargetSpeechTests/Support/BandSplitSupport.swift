import Foundation
import NeuralCore
import TestSupport

@testable import TargetSpeech

extension BandSplitConfiguration {
    /// A network that computes in no time, with sizes that fill no panel.
    static let tiny = make {
        ($0.chunkLength, $0.channels, $0.hidden, $0.blocks, $0.embeddingSize, $0.voiceWidth) = (32, 10, 5, 2, 12, 7)
    }

    static func make(_ change: (inout Self) -> Void) -> Self {
        var configuration = Self()
        change(&configuration)
        return configuration
    }

    /// A network with random weights, those among them that a fresh one has zero.
    func randomNetwork(seed: UInt64 = 5) -> BandSplitExtractor {
        var rng = Philox(seed: seed)
        var network = BandSplitExtractor(self, using: &rng)
        for gate in network.gates.indices {
            network.gates[gate].weight = Tensor.gaussian(network.gates[gate].weight.shape, using: &rng) * 0.2
            network.gates[gate].bias = Tensor.gaussian(network.gates[gate].bias!.shape, using: &rng) * 0.1
        }
        network.masks.bias = network.masks.bias + Tensor.gaussian(network.masks.bias.shape, using: &rng) * 0.1
        return network
    }

    /// Of length one.
    func randomVoice(seed: UInt64 = 9) -> [Float] {
        var rng = Philox(seed: seed)
        return unitRows(Tensor.gaussian([1, embeddingSize], using: &rng)).values
    }

    /// Noise at two ears whose level changes.
    func randomMixture(_ count: Int, seed: UInt64 = 3) -> [[Float]] {
        var rng = Philox(seed: seed)
        return (0..<2).map { _ in
            zip(Tensor.gaussian([count], using: &rng).values, 0...).map { $0 * (0.05 + 0.1 * Float($1) / Float(count)) }
        }
    }
}

extension StreamingBandSplitExtractor {
    /// All chunks in a row and the latency taken off.
    func extract(_ mixture: [[Float]]) -> [[Float]] {
        reset()
        let count = mixture[0].count
        var result = [[Float]](repeating: [], count: 2)
        for start in stride(from: 0, to: count + latency, by: chunkLength) {
            let input = mixture.flatMap { ear in (start..<start + chunkLength).map { $0 < count ? ear[$0] : 0 } }
            var output = [Float](repeating: 0, count: 2 * chunkLength)
            process(input, &output)
            for ear in 0..<2 { result[ear] += output[ear * chunkLength..<(ear + 1) * chunkLength] }
        }
        return result.map { Array($0[latency..<latency + count]) }
    }
}
