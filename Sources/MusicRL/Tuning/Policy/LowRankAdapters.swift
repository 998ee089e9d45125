import Foundation
import NeuralCore

/// Changes of a decoder's projections that have a low rank: W + (α/r) · B A in the place of W, for all projections of
/// attention and of the feed-forward networks.
///
/// E. Hu et al., "LoRA: low-rank adaptation of large language models", ICLR 2022.
public struct LowRankAdapters: Layer {
    /// One changed projection.
    struct Adapter: Layer {
        /// The name of its weight.
        let target: String
        /// `[rank, inputs]`, drawn.
        var down: Tensor
        /// `[outputs, rank]`, zero at the start.
        var up: Tensor

        mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
            try visitor.visit("down", &down)
            try visitor.visit("up", &up)
        }
    }

    private var adapters: [Adapter]
    private let scale: Float

    /// - Parameter alpha: the change is multiplied by alpha / rank.
    public init(for decoder: MusicGenDecoder, rank: Int, alpha: Float, using rng: inout Philox) {
        scale = alpha / Float(rank)
        let names = ["_proj.weight", "fc1.weight", "fc2.weight"]
        var adapters: [Adapter] = []
        for (name, weight) in decoder.namedParameters() where names.contains(where: name.hasSuffix) {
            let (outputs, inputs) = (weight.shape[0], weight.shape[1])
            let down = Tensor.gaussian([rank, inputs], using: &rng) * (1 / Float(inputs).squareRoot())
            adapters.append(Adapter(target: name, down: down, up: .zeros([outputs, rank])))
        }
        self.adapters = adapters
    }

    /// What is added to the decoder's parameters of these names.
    var changes: [String: Tensor] {
        Dictionary(uniqueKeysWithValues: adapters.map { ($0.target, matmul($0.up, $0.down) * scale) })
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("adapters", &adapters)
    }
}
