import NeuralCore

/// Self-attention and a feed-forward network, each on normalised input and added to it.
struct T5Block: Layer {
    var attentionNorm: RMSNorm
    var attention: T5Attention
    var feedForwardNorm: RMSNorm
    var feedForward: T5FeedForward

    init(_ configuration: T5Configuration, hasTable: Bool, _ weights: inout InitialWeights) {
        attentionNorm = RMSNorm(configuration.width, epsilon: configuration.epsilon)
        attention = T5Attention(configuration, hasTable: hasTable, &weights)
        feedForwardNorm = RMSNorm(configuration.width, epsilon: configuration.epsilon)
        feedForward = T5FeedForward(configuration, &weights)
    }

    func callAsFunction(_ input: Tensor, bias: Tensor) -> Tensor {
        let x = input + attention(attentionNorm(input), bias: bias)
        return x + feedForward(feedForwardNorm(x))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("layer.0.SelfAttention", &attention)
        try visitor.visit("layer.0.layer_norm", &attentionNorm)
        try visitor.visit("layer.1.DenseReluDense", &feedForward)
        try visitor.visit("layer.1.layer_norm", &feedForwardNorm)
    }
}

/// Attention whose scores are not scaled. The first block's holds the table of position biases that all blocks use.
struct T5Attention: Layer {
    var query: Linear, key: Linear, value: Linear, output: Linear
    /// `[buckets, heads]`
    var table: Tensor?
    private let heads: Int

    init(_ configuration: T5Configuration, hasTable: Bool, _ weights: inout InitialWeights) {
        heads = configuration.heads
        let width = configuration.width, inner = heads * configuration.headWidth
        // Scores are not scaled: queries begin as small as that would make them.
        let gain = weights.gain
        weights.gain = gain / Float(configuration.headWidth).squareRoot()
        query = weights.linear(width, inner)
        weights.gain = gain
        (key, value) = (weights.linear(width, inner), weights.linear(width, inner))
        output = weights.linear(inner, width)
        if hasTable { table = weights.tensor([configuration.buckets, heads], deviation: 1) }
    }

    /// - Parameter bias: added to the scores, broadcast to `[batch, heads, length, length]`.
    func callAsFunction(_ x: Tensor, bias: Tensor) -> Tensor {
        func split(_ projected: Tensor) -> Tensor {
            projected.reshaped([x.shape[0], x.shape[1], heads, -1]).transposed([0, 2, 1, 3])
        }
        let mixed = scaledDotProductAttention(
            query: split(query(x)), key: split(key(x)), value: split(value(x)), mask: bias, scale: 1)
        return output(mixed.transposed([0, 2, 1, 3]).reshaped([x.shape[0], x.shape[1], -1]))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("q", &query)
        try visitor.visit("k", &key)
        try visitor.visit("v", &value)
        try visitor.visit("o", &output)
        try visitor.visit("relative_attention_bias.weight", &table)
    }
}

/// wo(relu(wi x)), or wo(gelu(wi_0 x) · wi_1 x) with the tanh form of GELU.
struct T5FeedForward: Layer {
    private var input: Linear
    private var gate: Linear?
    private var output: Linear

    init(_ configuration: T5Configuration, _ weights: inout InitialWeights) {
        let width = configuration.width, inner = configuration.feedForwardWidth
        input = weights.linear(width, inner)
        if configuration.feedForward == .gatedGELU { gate = weights.linear(width, inner) }
        output = weights.linear(inner, width)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        guard let gate else { return output(relu(input(x))) }
        return output(Self.gelu(gate(x)) * input(x))
    }

    private static func gelu(_ x: Tensor) -> Tensor {
        0.5 * x * (1 + tanh(0.797_884_560_8 * (x + 0.044_715 * (square(x) * x))))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        if gate == nil {
            try visitor.visit("wi", &input)
        } else {
            try visitor.visit("wi_0", &gate)
            try visitor.visit("wi_1", &input)
        }
        try visitor.visit("wo", &output)
    }
}
