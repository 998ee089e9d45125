import NeuralCore
import TextEncoding

/// A light network with an audio and a text side whose embeddings share a space, trained as CLIP and CLAP are.
///
/// Mel spectra go through blocks of ConvNeXt along time at two rates; mean and deviation over time become an embedding.
/// The text side is T5's encoder, the mean of whose states becomes one.
public struct ContrastiveNetwork: Layer {
    public let configuration: ContrastiveConfiguration
    var entry: Conv1D
    var fast: [TemporalBlock]
    var reduction: Conv1D
    var slow: [TemporalBlock]
    var audioNorm: LayerNorm
    var audioProjection: Linear
    var text: T5Encoder
    var textProjection: Linear
    /// The logarithm of the factor of cosines in training.
    var scale: Tensor

    public init(_ configuration: ContrastiveConfiguration, using rng: inout Philox) {
        self.configuration = configuration
        let width = configuration.width, blocks = configuration.fastBlocks + configuration.slowBlocks
        func sequence(_ count: Int, _ kernel: Int) -> [TemporalBlock] {
            (0..<count).map { _ in
                TemporalBlock(
                    width: width, hiddenWidth: configuration.hiddenWidth, kernel: kernel, scale: 1 / Float(max(1, blocks)), using: &rng)
            }
        }
        entry = Conv1D(configuration.bands, width, kernel: 5, stride: 2, padding: Padding1D(before: 2, after: 2), using: &rng)
        fast = sequence(configuration.fastBlocks, ContrastiveConfiguration.fastKernel)
        reduction = Conv1D(width, width, kernel: 4, stride: 2, padding: Padding1D(before: 1, after: 2), using: &rng)
        slow = sequence(configuration.slowBlocks, ContrastiveConfiguration.slowKernel)
        audioNorm = LayerNorm(2 * width)
        audioProjection = Linear(2 * width, configuration.dimension, using: &rng)
        text = T5Encoder(configuration.textConfiguration, using: &rng)
        textProjection = Linear(configuration.text.width, configuration.dimension, using: &rng)
        scale = Tensor([2.66], shape: [1])
    }

    /// Embeddings of features `[batch, frames, bands]`, of length 1: `[batch, dimension]`.
    func embeddings(ofFeatures features: Tensor) -> Tensor {
        var columns = gelu(entry(features.transposed([0, 2, 1])))
        for block in fast { columns = block(columns) }
        columns = reduction(columns)
        for block in slow { columns = block(columns) }
        let mean = columns.mean(axes: [2], keepingDimensions: true)
        let deviation = sqrt(square(columns - mean).mean(axes: [2]) + 1e-5)
        return Self.normalized(audioProjection(audioNorm(.concatenated([mean.squeezed(at: 2), deviation], axis: 1))))
    }

    /// Embeddings of texts of any lengths, of length 1: `[batch, dimension]`.
    ///
    /// - Parameter pieces: `[batch][pieces]`, at least one each.
    func embeddings(ofPieces pieces: [[Int]]) -> Tensor {
        let longest = pieces.map(\.count).max() ?? 1, lengths = pieces.map(\.count)
        let states = text(pieces.map { $0 + [Int](repeating: 0, count: longest - $0.count) }, lengths: lengths)
        let shares = lengths.flatMap { length in (0..<longest).map { $0 < length ? 1 / Float(length) : 0 } }
        let mean = (states * Tensor(shares, shape: [pieces.count, longest, 1])).sum(axes: [1])
        return Self.normalized(textProjection(mean))
    }

    private static func normalized(_ x: Tensor) -> Tensor {
        x / sqrt(square(x).sum(axes: [1], keepingDimensions: true) + 1e-12)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("audio.entry", &entry)
        try visitor.visit("audio.fast", &fast)
        try visitor.visit("audio.reduction", &reduction)
        try visitor.visit("audio.slow", &slow)
        try visitor.visit("audio.norm", &audioNorm)
        try visitor.visit("audio.projection", &audioProjection)
        try visitor.visit("text", &text)
        try visitor.visit("text_projection", &textProjection)
        try visitor.visit("logit_scale", &scale)
    }
}
