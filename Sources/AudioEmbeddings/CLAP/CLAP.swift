import NeuralCore

/// A network with an audio and a text side whose embeddings share a space.
///
/// Y. Wu et al., "Large-scale contrastive language-audio pretraining with feature fusion and keyword-to-caption
/// augmentation", 2023. Names and settings are those of Hugging Face's `ClapModel`. Models made with feature fusion are
/// used as the published program uses them for recordings of at most one window: the layers that fuse stay unused.
public struct CLAP: Layer {
    public let configuration: CLAPConfiguration
    var audio: AudioTower
    var text: TextTower
    var audioProjection: CLAPProjection
    var textProjection: CLAPProjection
    /// Logarithms of the factors of cosines in training.
    var audioScale = Tensor(scalar: 0), textScale = Tensor(scalar: 0)

    /// - Parameters:
    ///   - frameCount: of the spectrograms that it will be given.
    ///   - weights: under their published names.
    /// - Throws: `CheckpointError.mismatch` naming every tensor that is missing, unexpected or of another shape.
    public init(_ configuration: CLAPConfiguration, frameCount: Int, weights: some TensorSource) throws {
        let weights = RenamedTensors(weights) { Self.isUnused($0) ? nil : $0 }
        // Loading names every tensor that does not fit; this keeps settings from asking for more memory than that.
        let present = try weights.names.reduce(0) { try $0 + weights.shape($1).reduce(1, *) }
        guard configuration.parameterCount <= 2 * present + 100_000 else {
            throw CheckpointError.mismatch(
                path: weights.path,
                faults: ["by its settings it would have \(configuration.parameterCount) parameters, and the file holds \(present)"])
        }
        self.configuration = configuration
        audio = AudioTower(configuration.audio, frameCount: frameCount)
        text = TextTower(configuration.text)
        audioProjection = CLAPProjection(configuration.audio.outputWidth, configuration.projection)
        textProjection = CLAPProjection(configuration.text.width, configuration.projection)
        try load(from: weights)
    }

    /// Embeddings of spectrograms `[batch, frames, bands]` in dB, of length 1: `[batch, projection]`.
    public func embeddings(ofFeatures features: Tensor) -> Tensor { Self.normalized(audioProjection(audio(features))) }

    /// The embedding of a text, of length 1: `[projection]`.
    ///
    /// - Parameter ids: tokens, beginning and end included, at most ``CLAPConfiguration/Text/longest``.
    public func embedding(ofTokens ids: [Int]) -> Tensor { Self.normalized(textProjection(text(ids))) }

    /// The published program's logits for pairs are cosines times these.
    public var logitScales: (audio: Float, text: Float) { (exp(audioScale).item, exp(textScale).item) }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("logit_scale_a", &audioScale)
        try visitor.visit("logit_scale_t", &textScale)
        try visitor.visit("text_model", &text)
        try visitor.visit("text_projection", &textProjection)
        try visitor.visit("audio_model.audio_encoder", &audio)
        try visitor.visit("audio_projection", &audioProjection)
    }

    private static func normalized(_ x: Tensor) -> Tensor {
        x / clamp(sqrt(square(x).sum(axes: [x.rank - 1], keepingDimensions: true)), minimum: 1e-12)
    }

    /// Tables of indices, which are formulas, and the layers that fuse.
    static func isUnused(_ name: String) -> Bool {
        name.hasSuffix(".relative_position_index") || name.hasSuffix(".position_ids") || name.hasSuffix(".token_type_ids")
            || name.contains(".patch_embed.fusion_model.") || name.contains(".patch_embed.mel_conv2d.")
    }
}

/// Two dense layers into the common space.
struct CLAPProjection: Layer {
    var first: Linear, second: Linear

    init(_ inputs: Int, _ outputs: Int) {
        first = Linear(weight: .zeros([outputs, inputs]), bias: .zeros([outputs]))
        second = Linear(weight: .zeros([outputs, outputs]), bias: .zeros([outputs]))
    }

    func callAsFunction(_ input: Tensor) -> Tensor { second(relu(first(input))) }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("linear1", &first)
        try visitor.visit("linear2", &second)
    }
}
