import NeuralCore

/// What the published names say about each part of a model.
extension NCSNppConfiguration {
    public init(_ settings: HyperParameters, published base: NCSNppConfiguration) throws {
        self = base
        baseChannels = try settings.int("nf", baseChannels, in: 4...4096)
        channelMultipliers = try settings.ints("ch_mult", channelMultipliers, in: 1...64)
        blocksPerLevel = try settings.int("num_res_blocks", blocksPerLevel, in: 1...64)
        attentionResolutions = try settings.ints("attn_resolutions", attentionResolutions, in: 1...1 << 20)
        imageSize = try settings.int("image_size", imageSize, in: 1...1 << 20)
        blockKind = try settings.choice("resblock_type", ["biggan": .bigGAN, "ddpm": .ddpm], blockKind)
        resamplesWithConvolution = try settings.bool("resamp_with_conv", resamplesWithConvolution)
        if try !settings.bool("fir", true) {
            firKernel = nil
        } else if let kernel = settings.value("fir_kernel") {
            guard let taps = kernel.doubles, taps.count <= 64 else {
                throw ScoreDiffusionError.invalidSetting(name: "fir_kernel", value: kernel.text, wanted: "a list of numbers")
            }
            firKernel = taps.map(Float.init)
        }
        progressiveInput = try settings.choice(
            "progressive_input", ["none": .none, "input_skip": .skip, "residual": .residual], progressiveInput)
        progressiveOutput = try settings.choice(
            "progressive", ["none": .none, "output_skip": .skip], progressiveOutput)
        combination = try settings.choice("progressive_combine", ["sum": .sum, "cat": .cat], combination)
        rescalesSkips = try settings.bool("skip_rescale", rescalesSkips)
        activation = try settings.choice(
            "nonlinearity", ["swish": .swish, "elu": .elu, "relu": .relu, "lrelu": .leakyReLU], activation)
        fourierScale = try settings.double("fourier_scale", fourierScale)
        inputIsCentered = try settings.bool("centered", inputIsCentered)
        if try !settings.bool("scale_by_sigma", true) { timeDivision = .none }
        _ = try settings.choice("embedding_type", ["fourier": true], true)
        guard try settings.bool("conditional", true) else {
            throw ScoreDiffusionError.invalidNetwork("without time conditioning it is no diffusion model")
        }
        try validate()
    }
}

extension DCUNetConfiguration {
    public init(_ settings: HyperParameters) throws {
        self.init()
        if let name = try settings.string("dcunet_architecture") {
            guard let stages = Self.architectures[name] else {
                let known = Self.architectures.keys.sorted().joined(separator: ", ")
                throw ScoreDiffusionError.invalidSetting(name: "dcunet_architecture", value: name, wanted: "one of \(known)")
            }
            self.stages = stages
        }
        timeEmbedding = try settings.choice(
            "dcunet_time_embedding", ["gfp": .fourier, "ds": .steps, "none": .none], timeEmbedding)
        globalEmbeddingLayers = try settings.int("dcunet_temb_layers_global", globalEmbeddingLayers, in: 0...16)
        localEmbeddingLayers = try settings.int("dcunet_temb_layers_local", localEmbeddingLayers, in: 0...16)
        embeddingActivation = try settings.choice(
            "dcunet_temb_activation", ["silu": .silu, "relu": .relu, "leaky_relu": .leakyReLU], embeddingActivation)
        embedsComplex = try settings.bool("dcunet_time_embedding_complex", embedsComplex)
        activation = try settings.choice(
            "dcunet_activation", ["silu": .silu, "relu": .relu, "leaky_relu": .leakyReLU], activation)
        embeddingSize = try settings.int("embed_dim", embeddingSize, in: 2...8192)
        normalization = try settings.choice("dcunet_norm_type", ["bN": .split, "CbN": .joint], normalization)
        // The published program has a third choice, with which its own padding to 64 frames cannot run.
        frameFitting = try settings.choice("dcunet_fix_length", ["pad": .padding, "trim": .trimming], frameFitting)
        _ = try settings.choice("dcunet_mask_bound", ["none": true], true)
        try validate()
    }
}

extension Preconditioning {
    public init(_ settings: HyperParameters) throws {
        self.init()
        networkScaling = try settings.choice(
            "network_scaling", ["1/sigma": .inverseDeviation, "1/t": .inverseTime], networkScaling)
        input = try settings.choice("c_in", ["1": .one, "edm": .edm], input)
        output = try settings.choice(
            "c_out", ["1": .one, "sigma": .deviation, "1/sigma": .inverseDeviation, "edm": .edm], output)
        skip = try settings.choice("c_skip", ["0": .zero, "edm": .edm], skip)
        sigmaData = try settings.double("sigma_data", sigmaData)
        guard sigmaData > 0 else {
            throw ScoreDiffusionError.invalidSetting(name: "sigma_data", value: "\(sigmaData)", wanted: "a number above 0")
        }
    }
}

extension OUVESDE {
    public init(_ settings: HyperParameters) throws {
        self.init(
            theta: try settings.double("theta", 1.5), sigmaMin: try settings.double("sigma_min", 0.05),
            sigmaMax: try settings.double("sigma_max", 0.5))
        try validate()
    }
}

extension SchroedingerBridgeVE {
    public init(_ settings: HyperParameters) throws {
        self.init(
            k: try settings.double("k", 2.6), c: try settings.double("c", 0.4), epsilon: try settings.double("eps", 1e-8))
        try validate()
    }
}

extension SpectrogramTransform.Configuration {
    public init(_ settings: HyperParameters) throws {
        let factor = try settings.double("spec_factor", 0.15), exponent = try settings.double("spec_abs_exponent", 0.5)
        let nFFT = try settings.int("n_fft", 510, in: 4...65_536)
        self.init(
            nFFT: nFFT, hopLength: try settings.int("hop_length", 128, in: 1...nFFT),
            window: try settings.choice("window", ["hann": .hann, "sqrthann": .sqrtHann], .hann),
            compression: try settings.choice(
                "transform_type",
                ["exponent": .power(exponent: exponent, factor: factor), "log": .logarithm(factor: factor), "none": .none],
                .power(exponent: exponent, factor: factor)))
        try compression.validate()
    }
}
