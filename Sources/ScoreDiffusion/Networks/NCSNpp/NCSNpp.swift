import NeuralCore

/// The U-Net of score-based generative models, fed with a diffusion state and the noisy spectrum as four channels
/// (Song et al., "Score-Based Generative Modeling through SDEs", 2021; for speech: Richter et al. 2023, section IV-B).
///
/// This is the bare network. `ScoreModel` turns its output into a score or a clean estimate.
///
/// ```swift
/// var rng = Philox(seed: 1)
/// let network = try NCSNpp(.ncsnpp, using: &rng)
/// let output = network(state, noisy: noisy, times: [0.5])       // [1, frames, 256, 2]
/// ```
public struct NCSNpp: Backbone {
    public let configuration: NCSNppConfiguration
    var outputLayer: Conv2D
    var timeEmbedding: FourierTimeEmbedding
    var embedding0: Linear, embedding1: Linear
    var stem: Conv2D
    var downStages: [DownStage] = []
    var middle0: ResidualBlock, middleAttention: AttentionBlock, middle1: ResidualBlock
    var upStages: [UpStage] = []

    /// Draws weights.
    ///
    /// - Throws: `ScoreDiffusionError.invalidNetwork` for settings that contradict each other.
    public init(_ configuration: NCSNppConfiguration = .ncsnpp, using rng: inout Philox) throws {
        try configuration.validate()
        self.configuration = configuration
        let base = configuration.baseChannels, spectrum = NCSNppBuilder.spectrumChannels
        var builder = NCSNppBuilder(configuration)
        outputLayer = Conv2D(spectrum, 2, kernel: 1, using: &rng)
        timeEmbedding = FourierTimeEmbedding(count: base, scale: configuration.fourierScale, using: &rng)
        embedding0 = .scaled(2 * base, 4 * base, using: &rng)
        embedding1 = .scaled(4 * base, 4 * base, using: &rng)
        stem = .scaled(spectrum, base, using: &rng)
        for level in 0..<configuration.levelCount { downStages.append(builder.downStage(level, using: &rng)) }
        middle0 = builder.block(builder.channels, builder.channels, using: &rng)
        middleAttention = builder.attention(using: &rng)
        middle1 = builder.block(builder.channels, builder.channels, using: &rng)
        for level in (0..<configuration.levelCount).reversed() {
            upStages.append(builder.upStage(level, using: &rng))
        }
    }

    public var frameMultiple: Int { configuration.spatialMultiple }

    /// The output layer comes first and the rest is numbered in the order of evaluation, as in published checkpoints.
    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("output_layer", &outputLayer)
        var modules = ModuleNumbering()
        try modules.visit(&timeEmbedding, with: &visitor)
        try modules.visit(&embedding0, with: &visitor)
        try modules.visit(&embedding1, with: &visitor)
        try modules.visit(&stem, with: &visitor)
        for stage in downStages.indices {
            try downStages[stage].visitParameters(&visitor, numbering: &modules)
        }
        try modules.visit(&middle0, with: &visitor)
        try modules.visit(&middleAttention, with: &visitor)
        try modules.visit(&middle1, with: &visitor)
        for stage in upStages.indices {
            try upStages[stage].visitParameters(&visitor, numbering: &modules)
        }
    }
}

/// NCSN++ as a score or a clean estimate.
public typealias NCSNppScoreModel<Process: SDE> = ScoreModel<NCSNpp, Process>

extension DownStage {
    mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, numbering modules: inout ModuleNumbering
    ) throws {
        for index in blocks.indices {
            try modules.visit(&blocks[index], with: &visitor)
            if !attentions.isEmpty { try modules.visit(&attentions[index], with: &visitor) }
        }
        guard !isLast else { return }
        if downsampler == nil { modules.skip() }
        try modules.visit(ifPresent: &downsampler, with: &visitor)
        try modules.visit(ifPresent: &merge, with: &visitor)
        try modules.visit(ifPresent: &residualInput, with: &visitor)
    }
}

extension UpStage {
    mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, numbering modules: inout ModuleNumbering
    ) throws {
        for index in blocks.indices { try modules.visit(&blocks[index], with: &visitor) }
        try modules.visit(ifPresent: &attention, with: &visitor)
        try modules.visit(&head, with: &visitor)
        guard !isLast else { return }
        if upsampler == nil { modules.skip() }
        try modules.visit(ifPresent: &upsampler, with: &visitor)
    }
}
