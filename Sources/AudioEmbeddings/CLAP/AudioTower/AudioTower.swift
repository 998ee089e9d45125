import NeuralCore

/// The audio tower of CLAP: a hierarchical transformer over a folded spectrogram.
///
/// K. Chen et al., "HTS-AT: a hierarchical token-semantic audio transformer for sound classification and detection", 2022.
struct AudioTower: Layer {
    var norm: BatchNorm
    var patches: Conv2D
    var patchNorm: LayerNorm?
    var stages: [SwinStage]
    var outputNorm: LayerNorm
    private let image: MelImage
    private let configuration: CLAPConfiguration.Audio

    init(_ configuration: CLAPConfiguration.Audio, frameCount: Int) {
        self.configuration = configuration
        let size = configuration.patchSize, side = configuration.imageSize / size
        norm = BatchNorm(configuration.bandCount)
        image = MelImage(configuration, frameCount: frameCount)
        patches = Conv2D(
            weight: .zeros([configuration.width, 1, size, size]), bias: .zeros([configuration.width]),
            stride: Size2D(size, size))
        if configuration.normalizesPatches { patchNorm = LayerNorm(configuration.width) }
        stages = configuration.depths.indices.map { SwinStage($0, side: side >> $0, configuration) }
        outputNorm = LayerNorm(configuration.outputWidth)
    }

    /// The spectrogram's bands normalised and folded: `[batch, frames, bands]` becomes `[batch, 1, size, size]`.
    func melImage(_ features: Tensor) -> Tensor { image(norm(features.transposed([0, 2, 1]))) }

    /// `[batch, patches, width]` of an image.
    func embedded(_ image: Tensor) -> Tensor {
        let columns = patches(image)
        let rows = columns.reshaped([columns.shape[0], columns.shape[1], -1]).transposed([0, 2, 1])
        return patchNorm?(rows) ?? rows
    }

    /// The last stage's patches, normalised: `[batch, patches, outputWidth]`.
    func hidden(_ features: Tensor) -> Tensor { outputNorm(stages.reduce(embedded(melImage(features))) { $1($0) }) }

    /// `[batch, frames, bands]` in dB becomes `[batch, outputWidth]`.
    func callAsFunction(_ features: Tensor) -> Tensor { hidden(features).mean(axes: [1]) }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("batch_norm", &norm)
        try visitor.visit("patch_embed.proj", &patches)
        try visitor.visit("patch_embed.norm", &patchNorm)
        try visitor.visit("layers", &stages)
        try visitor.visit("norm", &outputNorm)
    }
}

/// Blocks of one resolution; all stages but the last then halve it.
struct SwinStage: Layer {
    var blocks: [SwinBlock]
    var merging: PatchMerging?

    init(_ index: Int, side: Int, _ configuration: CLAPConfiguration.Audio) {
        let width = configuration.width << index
        blocks = (0..<configuration.depths[index]).map {
            SwinBlock(width: width, heads: configuration.heads[index], side: side, isShifted: $0 % 2 == 1, configuration)
        }
        if index + 1 < configuration.depths.count { merging = PatchMerging(width: width, side: side) }
    }

    func callAsFunction(_ input: Tensor) -> Tensor {
        let output = blocks.reduce(input) { $1($0) }
        return merging?(output) ?? output
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("blocks", &blocks)
        try visitor.visit("downsample", &merging)
    }
}

/// Joins each 2×2 square of patches into one with twice the features.
struct PatchMerging: Layer {
    var norm: LayerNorm
    var reduction: Linear
    private let side: Int

    init(width: Int, side: Int) {
        norm = LayerNorm(4 * width)
        reduction = Linear(weight: .zeros([2 * width, 4 * width]), bias: nil)
        self.side = side
    }

    /// `[batch, side², width]` becomes `[batch, side² / 4, 2 · width]`.
    func callAsFunction(_ input: Tensor) -> Tensor {
        let (batch, width, half) = (input.shape[0], input.shape[2], side / 2)
        // Of a square, the upper left patch comes first, then the one below it.
        let squares = input.reshaped([batch, half, 2, half, 2, width]).transposed([0, 1, 3, 4, 2, 5])
        return reduction(norm(squares.reshaped([batch, half * half, 4 * width])))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("norm", &norm)
        try visitor.visit("reduction", &reduction)
    }
}
