/// Shape of an NCSN++ network. The defaults are the published 16 kHz speech model (65.6 million parameters).
public struct NCSNppConfiguration: Sendable, Codable, Equatable {
    /// What a residual block is made of.
    public enum BlockKind: String, Sendable, Codable { case bigGAN, ddpm }

    /// What the resolutions below the first see of the input itself.
    public enum ProgressiveInput: String, Sendable, Codable {
        case none
        /// The input, halved again and again, is merged in by a 1×1 convolution.
        case skip
        /// A convolved and halved input is added and carries on as the state.
        case residual
    }

    /// Where the output comes from.
    public enum ProgressiveOutput: String, Sendable, Codable {
        /// The finest resolution alone.
        case none
        /// Every resolution adds its share to an upsampled sum.
        case skip
    }

    /// How a pyramid of inputs meets the state.
    public enum Combination: String, Sendable, Codable { case sum, cat }

    /// Whether the network divides by the diffusion time, and where.
    public enum TimeDivision: String, Sendable, Codable {
        case none
        /// Ahead of the last 1×1 convolution, so that its bias is not divided.
        case beforeOutputLayer
        case afterOutputLayer
    }

    /// Channels at the finest resolution.
    public var baseChannels = 128
    /// Multiples of `baseChannels`, finest resolution first. Each level halves frequency and time.
    public var channelMultipliers = [1, 1, 2, 2, 2, 2, 2]
    public var blocksPerLevel = 2
    /// Heights (bins) of the levels that have attention besides the middle.
    public var attentionResolutions = [16]
    /// Bins at the finest resolution, from which the heights of the levels follow.
    public var imageSize = 256
    public var blockKind = BlockKind.bigGAN
    /// Taps of the resampling filter, a true convolution; nil resamples by repeating and averaging.
    public var firKernel: [Float]? = [1, 3, 3, 1]
    /// Whether DDPM blocks halve by a convolution.
    public var resamplesWithConvolution = false
    public var progressiveInput = ProgressiveInput.skip
    public var progressiveOutput = ProgressiveOutput.skip
    public var combination = Combination.sum
    /// Whether sums of two branches are divided by √2.
    public var rescalesSkips = true
    public var activation = Activation.swish
    /// Deviation of the random frequencies of the time embedding.
    public var fourierScale = 16.0
    /// False: the input is mapped by `2x − 1` first, as for images in [0, 1].
    public var inputIsCentered = true
    public var timeDivision = TimeDivision.beforeOutputLayer
    /// Share of the activations that training zeroes ahead of every block's second convolution, from 0 to below 1.
    public var dropoutRate = 0.0

    public init() {}

    /// The published network for 16 kHz.
    public static let ncsnpp = NCSNppConfiguration()

    /// The published network for 48 kHz: no pyramids, attention in the middle only.
    public static let ncsnpp48k: NCSNppConfiguration = {
        var settings = NCSNppConfiguration()
        settings.attentionResolutions = []
        settings.progressiveInput = .none
        settings.progressiveOutput = .none
        settings.timeDivision = .afterOutputLayer
        return settings
    }()

    /// The published network for preconditioned models and bridges: `ncsnpp` that never divides by time.
    public static let ncsnppV2: NCSNppConfiguration = {
        var settings = NCSNppConfiguration()
        settings.timeDivision = .none
        return settings
    }()

    var levelCount: Int { channelMultipliers.count }

    /// Frames and bins must be divisible by this.
    public var spatialMultiple: Int { 1 << (levelCount - 1) }

    var resampling: Resampling { firKernel.map(Resampling.fir) ?? .nearest }

    func hasAttention(atLevel level: Int) -> Bool { attentionResolutions.contains(imageSize >> level) }

    /// - Throws: `ScoreDiffusionError.invalidNetwork` for settings that contradict each other or ask for the absurd.
    public func validate() throws {
        func check(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
            guard condition else { throw ScoreDiffusionError.invalidNetwork(reason()) }
        }
        try check((4...4096).contains(baseChannels), "it needs 4 to 4096 base channels, not \(baseChannels)")
        try check((1...12).contains(levelCount), "it needs 1 to 12 channel multipliers, not \(levelCount)")
        try check(
            channelMultipliers.allSatisfy { (1...64).contains($0) }, "channel multipliers must be from 1 to 64")
        try check((1...64).contains(blocksPerLevel), "it needs 1 to 64 blocks a level, not \(blocksPerLevel)")
        try check(
            (spatialMultiple...1 << 20).contains(imageSize),
            "it needs \(spatialMultiple) to \(1 << 20) bins for \(levelCount - 1) halvings, not \(imageSize)")
        if let firKernel {
            try check(
                (2...64).contains(firKernel.count) && firKernel.reduce(0, +) != 0 && firKernel.allSatisfy(\.isFinite),
                "the resampling filter \(firKernel) has no gain")
        }
        try check(
            fourierScale.isFinite && fourierScale > 0, "the scale of the time embedding must be above 0, not \(fourierScale)")
        try check((0..<1).contains(dropoutRate), "the dropout rate must be from 0 to below 1, not \(dropoutRate)")
        try check(
            !(blockKind == .ddpm && resamplesWithConvolution),
            "DDPM blocks that resample by convolution have no working definition")
    }
}
