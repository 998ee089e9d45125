import AudioDSP
import NeuralCore
import SpectralNetworks

/// A light causal extractor for two ears: band-split, dual-path recurrent, steered by a voice, with a deep filter over
/// both ears at its end.
///
/// ```swift
/// let voice = network(mixture, embedding: embedding)          // [batch, 2, samples]
/// ```
/// Frames of two chunks under the square root of a Hann window are brought to the level followed so far and compressed
/// by a power of ½. `BinauralFeatures` of every bin are projected band by band; before each dual-path block (after Luo
/// and Yu, "Music Source Separation with Band-Split RNN", 2023) the voice scales and shifts the features of each band
/// (Perez et al., "FiLM", AAAI 2018); a band-wise map gives each bin and ear complex weights of its own last three frames
/// and of the other ear, and a term that is added. A frame depends on itself and those before.
public struct BandSplitExtractor: Layer {
    static let termsPerBin = 5
    /// Of the compression |X| ↦ factor · |X|^½.
    static let factor: Float = 0.35
    /// Seconds that the level is the mean of.
    static let levelSeconds = 6.0

    public let configuration: BandSplitConfiguration
    let widths: [Int]
    private let stft: STFT
    var split: BlockDiagonalLinear
    var voice: Linear
    var gates: [Linear]
    var blocks: [DualPathBlock]
    var norm: LayerNorm
    var expand: Linear
    var masks: BlockDiagonalLinear

    /// Lets the mixture through as it is, whatever the voice.
    public init(_ configuration: BandSplitConfiguration, using rng: inout Philox) {
        let channels = configuration.channels, floats = 2 * Self.termsPerBin
        self.configuration = configuration
        widths = bandWidths(bins: configuration.binCount)
        // Every chunk length that a configuration allows makes a transform that can be inverted.
        stft = try! STFT(
            STFTConfiguration(
                nFFT: 2 * configuration.chunkLength, hopLength: configuration.chunkLength, window: .sqrtHann, padding: .zeros))
        let bands = widths.count
        split = BlockDiagonalLinear(
            widths.map { .init(inputs: BinauralFeatures.perBin * $0, outputs: channels) }, using: &rng)
        voice = Linear(configuration.embeddingSize, configuration.voiceWidth, using: &rng)
        gates = (0..<configuration.blocks).map { _ in
            var gate = Linear(configuration.voiceWidth, 2 * bands * channels, using: &rng)
            gate.weight = .zeros(gate.weight.shape)
            gate.bias = .zeros([2 * bands * channels])
            return gate
        }
        blocks = (0..<configuration.blocks).map { _ in
            DualPathBlock(channels: channels, hidden: configuration.hidden, causal: true, using: &rng)
        }
        norm = LayerNorm(channels)
        expand = Linear(channels, 2 * channels, using: &rng)
        masks = BlockDiagonalLinear(
            widths.map { .init(inputs: 2 * channels, outputs: 2 * floats * $0) }, scale: 0.1, using: &rng)
        masks.bias = Tensor(
            (0..<configuration.binCount * 2 * floats).map { $0 % floats == 2 ? 1 : 0 },
            shape: [configuration.binCount * 2 * floats])
    }

    /// Extracts from whole recordings, beginning with silence.
    ///
    /// - Parameters:
    ///   - mixture: `[batch, 2, samples]`, any number of samples above zero; no gradient reaches it.
    ///   - embedding: `[batch, embeddingSize]`, of length one.
    /// - Returns: `[batch, 2, samples]`, in time with the mixture.
    public func callAsFunction(_ mixture: Tensor, embedding: Tensor?) -> Tensor {
        precondition(mixture.rank == 3 && mixture.shape[1] == 2 && mixture.shape[2] > 0, "a mixture is [batch, 2, samples]")
        guard let embedding else { preconditionFailure("the network needs a voice") }
        let input = BandSplitInput(mixture, stft: stft, sampleRate: configuration.sampleRate)
        let (batch, frames, bins) = (input.left.shape[0], input.left.shape[1], configuration.binCount)
        let (bands, channels, terms) = (widths.count, configuration.channels, Self.termsPerBin)
        var x = split(input.features).reshaped([batch, frames, bands, channels])
        let steering = self.steering(embedding)
        for (block, gate) in zip(blocks, steering) { x = block(x * gate.scale + gate.shift) }
        let hidden = silu(expand(norm(x))).reshaped([batch, frames, bands * 2 * channels])
        let filters = masks(hidden).reshaped([batch, frames, bins, 2, terms, 2])
        let ears = [(input.left, input.right), (input.right, input.left)].enumerated().map { ear, spectra in
            deepFilter(
                filters.sliced(axis: 3, ear..<ear + 1).squeezed(at: 3), noisy: spectra.0, state: spectra.1, causal: true)
        }
        return input.signals(from: ears)
    }

    /// What the voice does before each block, `[batch, 1, bands, channels]` each.
    func steering(_ embedding: Tensor) -> [(scale: Tensor, shift: Tensor)] {
        // Elements of a vector of length one are small.
        let hidden = silu(voice(embedding * Float(configuration.embeddingSize).squareRoot()))
        return gates.map { gate in
            let values = gate(hidden).reshaped([-1, 2, widths.count, configuration.channels])
            return (1 + values.sliced(axis: 1, 0..<1), values.sliced(axis: 1, 1..<2))
        }
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("split", &split)
        try visitor.visit("voice", &voice)
        try visitor.visit("gates", &gates)
        try visitor.visit("blocks", &blocks)
        try visitor.visit("norm", &norm)
        try visitor.visit("expand", &expand)
        try visitor.visit("masks", &masks)
    }
}
