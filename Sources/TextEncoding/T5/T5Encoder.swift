import Foundation
import NeuralCore

/// The encoder of T5, which makes a vector of each piece of a text.
///
/// Parameters have the published names: `shared.weight`, `encoder.block.0.layer.0.SelfAttention.q.weight`, …
public struct T5Encoder: Layer {
    public let configuration: T5Configuration
    /// `[vocabulary, width]`
    private var embedding: Tensor
    private var blocks: [T5Block]
    private var norm: RMSNorm

    /// A network with drawn weights.
    public init(_ configuration: T5Configuration, using rng: inout Philox) {
        var weights = InitialWeights(using: rng)
        self.init(configuration, &weights)
        rng = weights.generator ?? rng
    }

    private init(_ configuration: T5Configuration, _ weights: inout InitialWeights) {
        self.configuration = configuration
        embedding = weights.tensor([configuration.vocabularySize, configuration.width], deviation: 1)
        blocks = []
        for index in 0..<configuration.layers {
            blocks.append(T5Block(configuration, hasTable: index == 0, &weights))
        }
        norm = RMSNorm(configuration.width, epsilon: configuration.epsilon)
    }

    /// The network with a file's weights, which are the encoder's or those of a whole T5.
    ///
    /// - Throws: `CheckpointError` naming every tensor that is missing or of another shape.
    public init(_ configuration: T5Configuration, weights: some TensorSource, prefix: String = "") throws {
        let hasShared = weights.contains(prefix + "shared.weight")
        let own = RenamedTensors(weights) { name in
            guard name.hasPrefix(prefix) else { return nil }
            let bare = String(name.dropFirst(prefix.count))
            if bare == "encoder.embed_tokens.weight" { return hasShared ? nil : "shared.weight" }
            return bare == "shared.weight" || bare.hasPrefix("encoder.") ? bare : nil
        }
        try configuration.check(own)
        var unset = InitialWeights.unset
        self.init(configuration, &unset)
        try load(from: own)
    }

    /// The states of a batch of texts that are padded to one length: `[batch, pieces, width]`.
    ///
    /// - Parameters:
    ///   - ids: `[batch][pieces]`
    ///   - lengths: how many pieces of each text are no padding; nil for all. States of padding are of no use.
    public func callAsFunction(_ ids: [[Int]], lengths: [Int]? = nil) -> Tensor { states(ids, lengths: lengths).last! }

    /// The input of each block and the result.
    func states(_ ids: [[Int]], lengths: [Int]? = nil) -> [Tensor] {
        let batch = ids.count, length = ids[0].count
        var x = embedding.gathered(axis: 0, indices: ids.flatMap { $0 }).reshaped([batch, length, configuration.width])
        let buckets = RelativePositionBuckets(
            count: configuration.buckets, maximumDistance: configuration.maximumDistance)
        var bias = buckets.bias(blocks[0].attention.table!, length: length)
        if let lengths { bias = bias + Self.mask(lengths, length: length) }
        var states = [x]
        for block in blocks {
            x = block(x, bias: bias)
            states.append(x)
        }
        states[states.count - 1] = norm(x)
        return states
    }

    /// Hides padding: `[batch, 1, 1, length]`.
    private static func mask(_ lengths: [Int], length: Int) -> Tensor {
        Tensor(lengths.flatMap { own in (0..<length).map { $0 < own ? 0 : -.infinity } }, shape: [lengths.count, 1, 1, length])
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("shared.weight", &embedding)
        try visitor.visit("encoder.block", &blocks)
        try visitor.visit("encoder.final_layer_norm", &norm)
    }
}

extension T5Configuration {
    /// Keeps settings from asking for much more memory than the weights have.
    fileprivate func check(_ weights: some TensorSource) throws {
        let inner = heads * headWidth
        let block = 4 * width * inner + (feedForward == .relu ? 2 : 3) * width * feedForwardWidth
        let expected = vocabularySize * width + layers * block
        let present = try weights.names.reduce(0) { try $0 + weights.shape($1).reduce(1, *) }
        guard expected <= 2 * present + 100_000 else {
            throw CheckpointError.mismatch(
                path: weights.path,
                faults: ["by its settings the text encoder has \(expected) parameters, and the file holds \(present) of it"])
        }
    }
}
