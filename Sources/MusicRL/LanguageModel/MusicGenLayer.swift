import NeuralCore

/// Self-attention, attention to the text and a feed-forward network, each on normalised input and added to it.
struct MusicGenLayer: Layer {
    private var selfNorm: LayerNorm, crossNorm: LayerNorm, feedForwardNorm: LayerNorm
    private var selfAttention: MultiHeadAttention, crossAttention: MultiHeadAttention
    private var up: Linear, down: Linear

    init(_ configuration: MusicGenConfiguration, _ weights: inout InitialWeights) {
        let width = configuration.width, inner = configuration.feedForwardWidth
        (selfNorm, crossNorm, feedForwardNorm) = (LayerNorm(width), LayerNorm(width), LayerNorm(width))
        selfAttention = MultiHeadAttention(width: width, heads: configuration.heads, &weights)
        crossAttention = MultiHeadAttention(width: width, heads: configuration.heads, &weights)
        (up, down) = (weights.linear(width, inner), weights.linear(inner, width))
    }

    /// `input` is `[batch, steps, width]`; without a memory nothing is added for the text.
    func callAsFunction(_ input: Tensor, mask: Tensor, memory: TextMemory?, noise: inout DropoutNoise) -> Tensor {
        let normal = selfNorm(input)
        var x = input + noise(selfAttention(normal, over: normal, mask: mask))
        if let memory {
            let heard = noise(crossAttention(crossNorm(x), over: memory.states, mask: memory.mask))
            x = x + (memory.presence.map { heard * $0 } ?? heard)
        }
        return x + noise(down(gelu(up(feedForwardNorm(x)))))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("self_attn", &selfAttention)
        try visitor.visit("self_attn_layer_norm", &selfNorm)
        try visitor.visit("encoder_attn", &crossAttention)
        try visitor.visit("encoder_attn_layer_norm", &crossNorm)
        try visitor.visit("fc1", &up)
        try visitor.visit("fc2", &down)
        try visitor.visit("final_layer_norm", &feedForwardNorm)
    }
}

/// What dropout makes of the tensors of one pass, one after the other.
struct DropoutNoise {
    private let dropout: Dropout?
    private var rng: Philox

    init(rate: Float, using rng: Philox) { (dropout, self.rng) = (rate > 0 ? Dropout(rate: rate) : nil, rng) }

    /// Leaves everything as it is.
    static var none: DropoutNoise { DropoutNoise(rate: 0, using: Philox(seed: 0)) }

    mutating func callAsFunction(_ x: Tensor) -> Tensor { dropout.map { $0(x, using: &rng) } ?? x }
}

/// Attention with several heads and without biases.
struct MultiHeadAttention: Layer {
    private var query: Linear, key: Linear, value: Linear, output: Linear
    private let heads: Int

    init(width: Int, heads: Int, _ weights: inout InitialWeights) {
        self.heads = heads
        (query, key) = (weights.linear(width, width), weights.linear(width, width))
        (value, output) = (weights.linear(width, width), weights.linear(width, width))
    }

    /// - Parameters:
    ///   - x: `[batch, steps, width]`
    ///   - source: `[batch, sources, width]`
    ///   - mask: added to the scores, broadcast to `[batch, heads, steps, sources]`.
    func callAsFunction(_ x: Tensor, over source: Tensor, mask: Tensor?) -> Tensor {
        func split(_ projected: Tensor) -> Tensor {
            projected.reshaped([projected.shape[0], projected.shape[1], heads, -1]).transposed([0, 2, 1, 3])
        }
        let mixed = scaledDotProductAttention(
            query: split(query(x)), key: split(key(source)), value: split(value(source)), mask: mask)
        return output(mixed.transposed([0, 2, 1, 3]).reshaped(x.shape))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("k_proj", &key)
        try visitor.visit("v_proj", &value)
        try visitor.visit("q_proj", &query)
        try visitor.visit("out_proj", &output)
    }
}
