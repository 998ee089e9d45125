import NeuralCore

/// Attention of each frame to the last frames, all bins of a frame being one vector for each head.
public struct LocalFrameAttention: Layer {
    /// Affine map of each bin's features, a slope for negative values, and a normalisation of whole frames.
    public struct FrameProjection: Layer {
        public var map: Linear, activation = PReLU(), norm: LayerNorm

        init(inputs: Int, outputs: Int, frameSize: Int, using rng: inout Philox) {
            map = Linear(inputs, outputs, using: &rng)
            norm = LayerNorm(frameSize)
        }

        public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
            try visitor.visit("0", &map)
            try visitor.visit("1", &activation)
            try visitor.visit("3.norm", &norm)
        }
    }

    public var query: FrameProjection, key: FrameProjection, value: FrameProjection
    public var output: FrameProjection
    public let heads: Int
    /// Frames that each frame attends to, itself included.
    public let window: Int

    init(_ configuration: ExtractorConfiguration, using rng: inout Philox) {
        let width = configuration.width, bins = configuration.binCount
        (heads, window) = (configuration.heads, configuration.attentionFrames)
        func perHead(_ features: Int, _ rng: inout Philox) -> FrameProjection {
            FrameProjection(
                inputs: width, outputs: features * configuration.heads, frameSize: bins * features, using: &rng)
        }
        query = perHead(configuration.queryWidth, &rng)
        key = perHead(configuration.queryWidth, &rng)
        value = perHead(configuration.valueWidth, &rng)
        output = FrameProjection(inputs: width, outputs: width, frameSize: bins * width, using: &rng)
    }

    /// `[batch, frames, bins, features]` to the same; `keys` and `values` of the last `window − 1` frames are read and
    /// become those after this call.
    public func callAsFunction(_ input: Tensor, keys: inout Tensor, values: inout Tensor) -> Tensor {
        let allKeys = Tensor.concatenated([keys, heads(of: input, key)], axis: 1)
        let allValues = Tensor.concatenated([values, heads(of: input, value)], axis: 1)
        let attended = localAttention(query: heads(of: input, query), key: allKeys, value: allValues, window: window)
        let history = allKeys.shape[1] - (window - 1)..<allKeys.shape[1]
        (keys, values) = (allKeys.sliced(axis: 1, history), allValues.sliced(axis: 1, history))

        let (batch, frames, bins) = (input.shape[0], input.shape[1], input.shape[2])
        let joined = attended.reshaped([batch, heads, frames, bins, -1]).transposed([0, 2, 3, 1, 4])
            .reshaped([batch, frames, bins, -1])
        let mixed = output.activation(output.map(joined)).reshaped([batch, frames, -1])
        return output.norm(mixed).reshaped(input.shape)
    }

    /// `[batch · heads, frames, bins · features]`, each frame of each head normalised.
    private func heads(of input: Tensor, _ projection: FrameProjection) -> Tensor {
        let (batch, frames, bins) = (input.shape[0], input.shape[1], input.shape[2])
        let features = projection.activation(projection.map(input)).reshaped([batch, frames, bins, heads, -1])
        return projection.norm(features.transposed([0, 3, 1, 2, 4]).reshaped([batch * heads, frames, -1]))
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("attn_conv_Q", &query)
        try visitor.visit("attn_conv_K", &key)
        try visitor.visit("attn_conv_V", &value)
        try visitor.visit("attn_concat_proj", &output)
    }
}
