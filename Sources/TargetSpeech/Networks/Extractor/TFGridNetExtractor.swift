import NeuralCore

/// The causal TF-GridNet that lets one voice through, chunk by chunk; without an embedding it enhances speech.
///
/// ```swift
/// var rng = Philox(seed: 1)
/// let network = TFGridNetExtractor(ExtractorConfiguration(), using: &rng)
/// let voice = network(mixture, embedding: embedding)          // [batch, outputs, samples]
/// ```
/// This form is differentiable and works on batches. The network depends on the level of its input and makes the
/// spectrum itself, without a mask; the transform's gain over time is what training has learned to undo.
///
/// B. Veluri, M. Itani, T. Chen, T. Yoshioka and S. Gollakota, "Look once to hear: target speech hearing with noisy
/// examples", CHI 2024.
public struct TFGridNetExtractor: Layer {
    /// What a stream carries from one call to the next.
    public struct State: Sendable {
        /// The last two frames of the input, `[batch, 2 · microphones, 2, bins]`.
        public var input: Tensor
        public var blocks: [CausalBlock.State]
        /// The last two frames before the output convolution, `[batch, features, 2, bins]`.
        public var features: Tensor
        /// The last frame of the output, `[batch, outputs, 1, 2 · bins]`.
        public var spectrum: Tensor

        /// The state before the first chunk: zeros.
        public init(_ configuration: ExtractorConfiguration, batch: Int) {
            let bins = configuration.binCount
            input = .zeros([batch, 2 * configuration.microphones, 2, bins])
            blocks = (0..<configuration.blocks).map { _ in CausalBlock.State(configuration, batch: batch) }
            features = .zeros([batch, configuration.width, 2, bins])
            spectrum = .zeros([batch, configuration.outputs, 1, 2 * bins])
        }
    }

    public let configuration: ExtractorConfiguration
    /// From real and imaginary parts to features; three frames, the last of them the current one, by three bins.
    public var inputConvolution: Conv2D
    public var blocks: [CausalBlock]
    /// Turns a voice into factors; nil in a network that hears no particular voice.
    public var conditioning: VoiceConditioning?
    /// From features to real and imaginary parts, `[features, 2 · outputs, 3, 3]`.
    public var outputConvolution: ConvTranspose2D
    let bank: FourierBank

    /// Weights uniform in ±1/√inputs, as each layer's.
    public init(_ configuration: ExtractorConfiguration, using rng: inout Philox) {
        self.configuration = configuration
        bank = .pseudoTight(length: configuration.windowLength, hop: configuration.chunkLength)
        inputConvolution = Conv2D(
            2 * configuration.microphones, configuration.width, kernel: 3, padding: Padding2D(0, 1), using: &rng)
        blocks = (0..<configuration.blocks).map { _ in CausalBlock(configuration, using: &rng) }
        if configuration.embeddingSize > 0 {
            conditioning = VoiceConditioning(
                embedding: configuration.embeddingSize, bins: configuration.binCount, width: configuration.width, using: &rng)
        }
        outputConvolution = ConvTranspose2D(
            configuration.width, 2 * configuration.outputs, kernel: 3, padding: Padding2D(2, 1), using: &rng)
    }

    /// Extracts from whole recordings, beginning with silence.
    ///
    /// - Parameters:
    ///   - mixture: `[batch, microphones, samples]`, any number of samples above zero.
    ///   - embedding: `[batch, embeddingSize]`, used as it is; nil for networks without one.
    /// - Returns: `[batch, outputs, samples]`, in time with the mixture.
    public func callAsFunction(_ mixture: Tensor, embedding: Tensor? = nil) -> Tensor {
        precondition(mixture.rank == 3 && mixture.shape[2] > 0, "a mixture is [batch, microphones, samples], not \(mixture.shape)")
        let samples = mixture.shape[2], chunk = configuration.chunkLength
        let missing = (chunk - samples % chunk) % chunk + configuration.lookahead
        var state = State(configuration, batch: mixture.shape[0])
        let result = self(mixture.padded([(0, 0), (0, 0), (0, missing)]), embedding: embedding, state: &state)
        return result.sliced(axis: 2, 0..<samples)
    }

    /// Extracts from whole chunks and the look-ahead behind the last one.
    ///
    /// A stream repeats the last `lookahead` samples of a call at the start of the next one.
    /// - Parameters:
    ///   - mixture: `[batch, microphones, chunks · chunkLength + lookahead]`.
    ///   - state: before the first of these chunks; becomes the one after the last.
    /// - Returns: `[batch, outputs, chunks · chunkLength]`.
    public func callAsFunction(_ mixture: Tensor, embedding: Tensor?, state: inout State) -> Tensor {
        precondition(
            mixture.rank == 3 && mixture.shape[1] == configuration.microphones
                && mixture.shape[2] > configuration.lookahead
                && (mixture.shape[2] - configuration.lookahead) % configuration.chunkLength == 0,
            "\(mixture.shape) are no whole chunks of \(configuration.microphones) channels with a look-ahead")
        precondition((embedding != nil) == (conditioning != nil), "a network with an embedding needs one, others take none")

        let spectra = Tensor.concatenated([state.input, analyze(mixture)], axis: 2)
        state.input = spectra.sliced(axis: 2, spectra.shape[2] - 2..<spectra.shape[2])
        var features = inputConvolution(spectra).transposed([0, 2, 3, 1])
        for (index, block) in blocks.enumerated() {
            if index == 1, let embedding, let conditioning { features = features * conditioning(embedding) }
            features = block(features, state: &state.blocks[index])
        }
        let planes = Tensor.concatenated([state.features, features.transposed([0, 3, 1, 2])], axis: 2)
        state.features = planes.sliced(axis: 2, planes.shape[2] - 2..<planes.shape[2])
        return synthesize(outputConvolution(planes), last: &state.spectrum)
    }

    /// `[batch, 2 · microphones, frames, bins]`: all real parts, then all imaginary ones.
    private func analyze(_ mixture: Tensor) -> Tensor {
        let (batch, microphones) = (mixture.shape[0], mixture.shape[1])
        let spectra = bank.analyze(mixture)
        return spectra.reshaped([batch, microphones, -1, 2, bank.binCount]).transposed([0, 3, 1, 2, 4])
            .reshaped([batch, 2 * microphones, -1, bank.binCount])
    }

    /// `planes` is `[batch, 2 · outputs, frames, bins]`, real and imaginary part of each output in turn.
    private func synthesize(_ planes: Tensor, last: inout Tensor) -> Tensor {
        let batch = planes.shape[0], frames = planes.shape[2], outputs = configuration.outputs
        let spectrum = planes.reshaped([batch, outputs, 2, frames, bank.binCount]).transposed([0, 1, 3, 2, 4])
            .reshaped([batch, outputs, frames, 2 * bank.binCount])
        let signal = bank.synthesize(Tensor.concatenated([last, spectrum], axis: 2))
        last = spectrum.sliced(axis: 2, frames - 1..<frames)
        let chunk = configuration.chunkLength
        return signal.sliced(axis: 2, chunk..<(frames + 1) * chunk)
    }

    /// Names as published, without the filter bank, which is a formula: `tfgridnet.conv.0`, `tfgridnet.blocks.0…`,
    /// `tfgridnet.embed_to_feats_proj`, `tfgridnet.deconv`.
    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("tfgridnet.conv.0", &inputConvolution)
        try visitor.visit("tfgridnet.blocks", &blocks)
        try visitor.visit("tfgridnet.embed_to_feats_proj", &conditioning)
        try visitor.visit("tfgridnet.deconv", &outputConvolution)
    }
}

/// The factors by which a voice multiplies the features of every frame.
public struct VoiceConditioning: Layer {
    public var map: Linear, norm: LayerNorm
    private let bins: Int, width: Int

    init(embedding: Int, bins: Int, width: Int, using rng: inout Philox) {
        (self.bins, self.width) = (bins, width)
        map = Linear(embedding, bins * width, using: &rng)
        norm = LayerNorm(bins * width)
    }

    /// `[batch, embeddingSize]` to `[batch, 1, bins, features]`; all bins of one feature are neighbours before.
    public func callAsFunction(_ embedding: Tensor) -> Tensor {
        norm(map(embedding)).reshaped([-1, width, bins]).transposed([0, 2, 1]).expanded(at: 1)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("0", &map)
        try visitor.visit("1", &norm)
    }
}
