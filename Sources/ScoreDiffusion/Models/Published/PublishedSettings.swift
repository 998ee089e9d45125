import NeuralCore

/// All settings of a model of the SGMSE family, from the hyper-parameters in its checkpoint.
///
/// Covers score models on the Ornstein-Uhlenbeck process (Richter et al. 2023) and Schrödinger bridges (Jukić et al.
/// 2024; Richter et al. 2025) with the published backbones, at any sample rate.
public struct PublishedSettings: Sendable, Equatable {
    public enum Backbone: String, Sendable, CaseIterable {
        case ncsnpp
        case ncsnpp48k = "ncsnpp_48k"
        case ncsnppV2 = "ncsnpp_v2"
        case dcunet
    }

    public enum Network: Sendable, Equatable {
        case ncsnpp(NCSNppConfiguration)
        case dcunet(DCUNetConfiguration)

        /// Numbers in all tensors.
        var parameterCount: Int {
            switch self {
            case .ncsnpp(let settings): settings.parameterCount
            case .dcunet(let settings): settings.parameterCount
            }
        }
    }

    /// What training taught the network to say.
    public enum Target: Sendable, Equatable { case score, denoisedState, clean }

    public let hyperParameters: HyperParameters
    public let backbone: Backbone
    public let network: Network
    public let target: Target
    public let preconditioning: Preconditioning
    public let transform: SpectrogramTransform.Configuration
    /// The process and the sampler that the published program takes for this model.
    public let sampling: Sampling
    /// What the published program fills up frames with for this backbone.
    public let padding: FramePadding
    public let sampleRate: Int
    /// Whether the model was trained to remove reverberation instead of noise.
    public let removesReverberation: Bool

    /// Frames are filled up to a multiple of this for every backbone.
    public static let frameMultiple = 64

    /// - Throws: `ScoreDiffusionError` naming the setting that cannot be used.
    public init(_ settings: HyperParameters) throws {
        hyperParameters = settings
        backbone = try settings.choice(
            "backbone", ["ncsnpp": .ncsnpp, "ncsnpp_48k": .ncsnpp48k, "ncsnpp_v2": .ncsnppV2, "dcunet": .dcunet], .ncsnpp)
        transform = try SpectrogramTransform.Configuration(settings)
        network = try Self.network(settings, backbone, bins: transform.nFFT / 2 + 1)
        target = try settings.choice(
            "loss_type",
            ["score_matching": .score, "mse": .score, "mae": .score, "denoiser": .denoisedState, "data_prediction": .clean],
            .score)
        preconditioning = try Preconditioning(settings)
        padding = backbone == .ncsnpp48k || backbone == .ncsnppV2 ? .reflection : .zeros
        sampleRate = try settings.int("sr", backbone == .ncsnpp48k ? 48_000 : 16_000, in: 1_000...768_000)
        removesReverberation = try settings.string("format") == "reverb"
        sampling = try Self.sampling(settings, needsCare: removesReverberation && sampleRate == 16_000)
        try sampling.validate()
        if case .bridge = sampling, target != .clean {
            throw ScoreDiffusionError.invalidNetwork("a Schrödinger bridge needs the loss_type data_prediction")
        }
    }

    private static func network(_ settings: HyperParameters, _ backbone: Backbone, bins: Int) throws -> Network {
        let base: NCSNppConfiguration
        switch backbone {
        case .ncsnpp: base = .ncsnpp
        case .ncsnpp48k: base = .ncsnpp48k
        case .ncsnppV2: base = .ncsnppV2
        case .dcunet:
            let network = try DCUNetConfiguration(settings)
            try network.validate(bins: bins)
            return .dcunet(network)
        }
        var network = try NCSNppConfiguration(settings, published: base)
        if backbone == .ncsnppV2 { network.inputIsCentered = true }
        guard bins % network.spatialMultiple == 0 else {
            throw ScoreDiffusionError.invalidNetwork(
                "n_fft \(2 * (bins - 1)) gives \(bins) bins, which cannot be halved \(network.channelMultipliers.count - 1) times")
        }
        guard network.attentionResolutions.isEmpty || network.imageSize == bins else {
            throw ScoreDiffusionError.invalidNetwork(
                "n_fft \(2 * (bins - 1)) gives \(bins) bins, and its attention is laid out for \(network.imageSize)")
        }
        return .ncsnpp(network)
    }

    /// - Parameter needsCare: the published advice for dereverberation at 16 kHz is 50 steps at an snr of 0.33.
    private static func sampling(_ settings: HyperParameters, needsCare: Bool) throws -> Sampling {
        enum Process { case score, bridge }
        let steps = 1...100_000
        switch try settings.choice("sde", ["ouve": Process.score, "sbve": .bridge], .score) {
        case .score:
            let sampler = PredictorCorrectorSampler(
                corrector: .annealedLangevin(snr: needsCare ? 0.33 : 0.5, steps: 1),
                stepCount: needsCare ? 50 : try settings.int("N", settings.int("sde_n", 30, in: steps), in: steps),
                endTime: try settings.double("t_eps", 0.03))
            return .score(try OUVESDE(settings), sampler)
        case .bridge:
            let kind = try settings.choice("sampler_type", ["ode": BridgeSampler.Kind.ode, "sde": .sde, "pc": .ode], .ode)
            let sampler = BridgeSampler(kind: kind, stepCount: try settings.int("N", 50, in: steps))
            return .bridge(try SchroedingerBridgeVE(settings), sampler)
        }
    }
}
