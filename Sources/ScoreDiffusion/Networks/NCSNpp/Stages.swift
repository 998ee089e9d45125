import NeuralCore

/// One resolution of the way down: residual blocks, each followed by attention where the level has it, then halving.
struct DownStage {
    var blocks: [ResidualBlock] = []
    /// As many as `blocks`, or none.
    var attentions: [AttentionBlock] = []
    /// A residual block that halves; nil at the coarsest level and where DDPM blocks resample plainly.
    var downsampler: ResidualBlock?
    var merge: PyramidMerge?
    var residualInput: ConvolvedDownsample?
    let isLast: Bool
}

/// One resolution of the way up: residual blocks that take in what the way down left, attention, a share of the output,
/// then doubling.
struct UpStage {
    var blocks: [ResidualBlock] = []
    var attention: AttentionBlock?
    var head: OutputHead?
    /// A residual block that doubles; nil at the finest level and where DDPM blocks resample plainly.
    var upsampler: ResidualBlock?
    let isLast: Bool
}

/// Builds the stages, keeping account of channels.
struct NCSNppBuilder {
    static let spectrumChannels = 4
    let settings: NCSNppConfiguration
    var channels: Int
    /// Channels of what the way down leaves for the way up.
    private var left: [Int]
    private var pyramidChannels = NCSNppBuilder.spectrumChannels

    init(_ settings: NCSNppConfiguration) {
        self.settings = settings
        channels = settings.baseChannels
        left = [channels]
    }

    mutating func block(
        _ inputs: Int, _ outputs: Int, _ direction: ResidualBlock.Direction = .same, using rng: inout Philox
    ) -> ResidualBlock {
        ResidualBlock(
            inputs, outputs, embedding: 4 * settings.baseChannels, direction: direction,
            shortcut: settings.blockKind == .bigGAN ? .pointwise : .matrix, resampling: settings.resampling,
            activation: settings.activation, rescales: settings.rescalesSkips, using: &rng)
    }

    func attention(using rng: inout Philox) -> AttentionBlock {
        AttentionBlock(channels, rescales: settings.rescalesSkips, using: &rng)
    }

    mutating func downStage(_ level: Int, using rng: inout Philox) -> DownStage {
        let width = settings.baseChannels * settings.channelMultipliers[level]
        var stage = DownStage(isLast: level == settings.levelCount - 1)
        for _ in 0..<settings.blocksPerLevel {
            stage.blocks.append(block(channels, width, using: &rng))
            channels = width
            if settings.hasAttention(atLevel: level) { stage.attentions.append(attention(using: &rng)) }
            left.append(channels)
        }
        guard !stage.isLast else { return stage }
        if settings.blockKind == .bigGAN { stage.downsampler = block(channels, channels, .down, using: &rng) }
        switch settings.progressiveInput {
        case .none: break
        case .skip:
            stage.merge = PyramidMerge(pyramidChannels, into: channels, combination: settings.combination, using: &rng)
            if settings.combination == .cat { channels *= 2 }
        case .residual:
            stage.residualInput = ConvolvedDownsample(
                pyramidChannels, channels, resampling: settings.resampling, using: &rng)
            pyramidChannels = channels
        }
        left.append(channels)
        return stage
    }

    mutating func upStage(_ level: Int, using rng: inout Philox) -> UpStage {
        let width = settings.baseChannels * settings.channelMultipliers[level]
        var stage = UpStage(isLast: level == 0)
        for _ in 0...settings.blocksPerLevel {
            stage.blocks.append(block(channels + left.removeLast(), width, using: &rng))
            channels = width
        }
        if settings.hasAttention(atLevel: level) { stage.attention = attention(using: &rng) }
        if settings.progressiveOutput == .skip || stage.isLast {
            stage.head = OutputHead(channels, outputs: Self.spectrumChannels, using: &rng)
        }
        if !stage.isLast, settings.blockKind == .bigGAN {
            stage.upsampler = block(channels, channels, .up, using: &rng)
        }
        return stage
    }
}
