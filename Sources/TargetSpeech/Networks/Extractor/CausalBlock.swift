import NeuralCore

/// One block of the causal TF-GridNet: along frequency, along time, and attention to the last frames, each added to what
/// came in.
///
/// Everything is `[batch, frames, bins, features]`.
///
/// Z.-Q. Wang et al., "TF-GridNet: integrating full- and sub-band modeling for speech separation", IEEE/ACM TASLP 2023;
/// the causal form is that of B. Veluri et al., "Look once to hear", CHI 2024.
public struct CausalBlock: Layer {
    /// What a block remembers between two calls.
    public struct State: Sendable {
        /// The time LSTM's, `[1, batch · bins, hidden]`.
        public var time: LSTM.State
        /// Keys and values of the last frames, oldest first: `[batch · heads, attentionFrames − 1, bins · features]`.
        public var keys: Tensor, values: Tensor

        public init(time: LSTM.State, keys: Tensor, values: Tensor) {
            (self.time, self.keys, self.values) = (time, keys, values)
        }

        /// What is there before the first frame: zeros, to which the first frames do attend.
        public init(_ configuration: ExtractorConfiguration, batch: Int) {
            let bins = configuration.binCount, rows = batch * configuration.heads
            let history = configuration.attentionFrames - 1
            let zeros = Tensor.zeros([1, batch * bins, configuration.hidden])
            time = LSTM.State(hidden: zeros, cell: zeros)
            keys = .zeros([rows, history, bins * configuration.queryWidth])
            values = .zeros([rows, history, bins * configuration.valueWidth])
        }
    }

    public var frequency: RecurrentPart
    public var time: RecurrentPart
    public var attention: LocalFrameAttention

    /// Weights uniform in ±1/√inputs, as each layer's.
    public init(_ configuration: ExtractorConfiguration, using rng: inout Philox) {
        frequency = RecurrentPart(configuration, bidirectional: true, using: &rng)
        time = RecurrentPart(configuration, bidirectional: false, using: &rng)
        attention = LocalFrameAttention(configuration, using: &rng)
    }

    /// Runs over all frames of `input`, continuing from `state`, which becomes the one after the last frame.
    public func callAsFunction(_ input: Tensor, state: inout State) -> Tensor {
        var features = input + frequency.projection(frequency.recurrence(frequency.norm(input), axis: 2))
        var recurrent: LSTM.State? = state.time
        features = features + time.projection(time.recurrence(time.norm(features), axis: 1, state: &recurrent))
        if let recurrent { state.time = recurrent }
        return features + attention(features, keys: &state.keys, values: &state.values)
    }

    /// Names as published: `intra_norm.norm`, `intra_rnn`, `intra_linear`, `inter_…`, `attn_…`.
    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try frequency.visit("intra", &visitor)
        try time.visit("inter", &visitor)
        try attention.visitParameters(&visitor)
    }
}

/// Normalisation, LSTM and projection along one axis.
public struct RecurrentPart: Sendable {
    public var norm: LayerNorm, recurrence: LSTM, projection: Linear

    init(_ configuration: ExtractorConfiguration, bidirectional: Bool, using rng: inout Philox) {
        norm = LayerNorm(configuration.width)
        recurrence = LSTM(
            inputSize: configuration.width, hiddenSize: configuration.hidden, bidirectional: bidirectional, using: &rng)
        projection = Linear(configuration.hidden * (bidirectional ? 2 : 1), configuration.width, using: &rng)
    }

    mutating func visit(_ name: String, _ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("\(name)_norm.norm", &norm)
        try visitor.visit("\(name)_rnn", &recurrence)
        try visitor.visit("\(name)_linear", &projection)
    }
}
