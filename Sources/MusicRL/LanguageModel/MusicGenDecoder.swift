import NeuralCore

/// MusicGen's decoder: an autoregressive model of the codes of music, given a text.
///
/// Whole sequences go through at once, and gradients can be taken; ``IncrementalDecoder`` computes the same step by
/// step. Parameters have the published names below `decoder.`; where the settings have a clock, `embed_beat` is ours.
///
/// J. Copet et al., "Simple and controllable music generation", NeurIPS 2023.
public struct MusicGenDecoder: Layer {
    public let configuration: MusicGenConfiguration
    private var embeddings: [Embedding]
    /// Of a ``BeatClock``.
    private var beat: Linear?
    private var layers: [MusicGenLayer]
    private var norm: LayerNorm
    private var heads: [Linear]

    /// A network with drawn weights, those of layer ℓ = 1, 2, … smaller by √(2ℓ). What the codes say is as loud as where they
    /// stand: the table of positions has a mean square of ½.
    public init(_ configuration: MusicGenConfiguration, using rng: inout Philox) {
        var weights = InitialWeights(using: rng)
        self.init(configuration, &weights)
        rng = weights.generator ?? rng
    }

    /// The network with a file's weights.
    ///
    /// - Throws: `CheckpointError.mismatch` naming every tensor that is missing, unexpected or of another shape.
    public init(_ configuration: MusicGenConfiguration, weights: some TensorSource, prefix: String = "") throws {
        try configuration.check(weights, prefix: prefix)
        var unset = InitialWeights.unset
        self.init(configuration, &unset)
        // Older files hold the table of positions, which is a formula.
        try load(from: RenamedTensors(weights) { $0.hasSuffix("embed_positions.weights") ? nil : $0 }, prefix: prefix)
    }

    private init(_ configuration: MusicGenConfiguration, _ weights: inout InitialWeights) {
        self.configuration = configuration
        let width = configuration.width
        embeddings = []
        for _ in 0..<configuration.codebooks {
            let table = weights.tensor([configuration.codes + 1, width], deviation: 1 / Float(2 * configuration.codebooks).squareRoot())
            embeddings.append(Embedding(weight: table))
        }
        weights.gain = 0.1
        if configuration.clockRate != nil { beat = weights.linear(BeatClock.width, width) }
        layers = []
        for index in 0..<configuration.layers {
            weights.gain = 1 / Float(2 * (index + 1)).squareRoot()
            layers.append(MusicGenLayer(configuration, &weights))
        }
        norm = LayerNorm(width)
        weights.gain = 1
        heads = []
        for _ in 0..<configuration.codebooks { heads.append(weights.linear(width, configuration.codes)) }
    }

    /// Scores of every code at the step after each: `[batch, codebooks, steps, codes]`.
    ///
    /// - Parameters:
    ///   - tokens: `[batch][codebooks][steps]`, delayed.
    ///   - memory: the texts; nil for the null condition.
    public func callAsFunction(_ tokens: [[[Int32]]], memory: TextMemory?) -> Tensor {
        var none = DropoutNoise.none
        return scores(tokens, memory: memory, noise: &none)
    }

    func scores(_ tokens: [[[Int32]]], memory: TextMemory?, noise: inout DropoutNoise) -> Tensor {
        scores(of: states(tokens, memory: memory, noise: &noise).last!)
    }

    /// Scores from the normalised result of the last layer, `[batch, steps, width]`.
    func scores(of hidden: Tensor) -> Tensor { Tensor.stacked(heads.map { $0(hidden) }, axis: 1) }

    /// The same network with smaller scores.
    mutating func scaleScores(by factor: Float) {
        for index in heads.indices { heads[index].weight = heads[index].weight * factor }
    }

    /// The input of each layer and the normalised result, `[batch, steps, width]`.
    func states(_ tokens: [[[Int32]]], memory: TextMemory?) -> [Tensor] {
        var none = DropoutNoise.none
        return states(tokens, memory: memory, noise: &none)
    }

    private func states(_ tokens: [[[Int32]]], memory: TextMemory?, noise: inout DropoutNoise) -> [Tensor] {
        let batch = tokens.count, steps = tokens[0][0].count, width = configuration.width
        let positions = SinusoidalPositions(width: width)
        var x = Tensor((0..<steps).flatMap { positions.vector(at: $0) }, shape: [1, steps, width])
        for (codebook, embedding) in embeddings.enumerated() {
            x = x + embedding(tokens.flatMap { $0[codebook].map(Int.init) }).reshaped([batch, steps, width])
        }
        if let beat, let rate = configuration.clockRate, let clocks = memory?.clocks, clocks.contains(where: { $0 != nil }) {
            x = x + beat(BeatClock.vectors(clocks, steps: steps, frameRate: rate))
        }
        x = noise(x)
        let mask = causalMask(steps)
        var states = [x]
        for layer in layers {
            x = layer(x, mask: mask, memory: memory, noise: &noise)
            states.append(x)
        }
        states[states.count - 1] = norm(x)
        return states
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("model.decoder.embed_tokens", &embeddings)
        try visitor.visit("model.decoder.embed_beat", &beat)
        try visitor.visit("model.decoder.layers", &layers)
        try visitor.visit("model.decoder.layer_norm", &norm)
        try visitor.visit("lm_heads", &heads)
    }
}
