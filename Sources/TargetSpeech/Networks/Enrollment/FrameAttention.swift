import NeuralCore

/// Attention between all frames of a recording, all bins of a frame being one vector; each head has modules of its own.
public struct FrameAttention: Layer {
    /// Affine map of each bin's features, a slope for negative values, and a normalisation of whole frames.
    public struct FrameProjection: Layer {
        /// A convolution of one bin and one frame: `[outputs, inputs, 1, 1]`.
        public var map: Conv2D, activation = PReLU(), norm: AxisNorm

        init(inputs: Int, outputs: Int, _ configuration: EnrollmentConfiguration, using rng: inout Philox) {
            map = Conv2D(inputs, outputs, kernel: 1, using: &rng)
            norm = AxisNorm(features: outputs, bins: configuration.binCount, epsilon: configuration.epsilon)
        }

        public func callAsFunction(_ input: Tensor) -> Tensor {
            let matrix = map.weight.reshaped([map.weight.shape[0], map.weight.shape[1]])
            return norm(activation(linear(input, weight: matrix, bias: map.bias)))
        }

        public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
            try visitor.visit("0", &map)
            try visitor.visit("1", &activation)
            try visitor.visit("2", &norm)
        }
    }

    /// One for each head.
    public var queries: [FrameProjection], keys: [FrameProjection], values: [FrameProjection]
    public var output: FrameProjection

    init(_ configuration: EnrollmentConfiguration, using rng: inout Philox) {
        func heads(_ features: Int, _ rng: inout Philox) -> [FrameProjection] {
            (0..<configuration.heads).map { _ in
                FrameProjection(inputs: configuration.width, outputs: features, configuration, using: &rng)
            }
        }
        queries = heads(configuration.queryWidth, &rng)
        keys = heads(configuration.queryWidth, &rng)
        values = heads(configuration.valueWidth, &rng)
        output = FrameProjection(inputs: configuration.width, outputs: configuration.width, configuration, using: &rng)
    }

    /// `[batch, frames, bins, features]` to the same.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        let (batch, frames, bins) = (input.shape[0], input.shape[1], input.shape[2])
        func flat(_ tensor: Tensor) -> Tensor { tensor.reshaped([batch, frames, -1]) }
        let heads = queries.indices.map { head in
            scaledDotProductAttention(
                query: flat(queries[head](input)), key: flat(keys[head](input)), value: flat(values[head](input))
            ).reshaped([batch, frames, bins, -1])
        }
        return output(Tensor.concatenated(heads, axis: 3))
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        for head in queries.indices {
            try visitor.visit("attn_conv_Q_\(head)", &queries[head])
            try visitor.visit("attn_conv_K_\(head)", &keys[head])
            try visitor.visit("attn_conv_V_\(head)", &values[head])
        }
        try visitor.visit("attn_concat_proj", &output)
    }
}
