import NeuralCore

/// A complex convolution, shifted by the time, normalised and activated.
struct DCUNetEncoder: Layer {
    var convolution: ComplexConvolution, norm: ComplexNorm
    var embedding: LocalTimeEmbedding?
    let activation: DCUNetConfiguration.Nonlinearity

    init(
        _ inputs: Int, _ stage: DCUNetConfiguration.Stage, _ settings: DCUNetConfiguration, using rng: inout Philox
    ) {
        convolution = ComplexConvolution(inputs, stage, using: &rng)
        norm = ComplexNorm(stage.outputs, settings.normalization, using: &rng)
        if settings.timeEmbedding != .none {
            embedding = LocalTimeEmbedding(settings, channels: stage.outputs, using: &rng)
        }
        activation = settings.activation
    }

    mutating func evaluate(_ input: ComplexTensor, time: ComplexTensor?, trains: Bool) -> ComplexTensor {
        norm.apply(convolution(input).shifted(by: embedding, at: time), trains: trains).map { activation($0) }
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("conv", &convolution)
        try visitor.visit("norm", &norm)
        try visitor.visit("embed_layer", &embedding)
    }
}

/// The same with a transposed convolution.
struct DCUNetDecoder: Layer {
    var convolution: ComplexTransposedConvolution, norm: ComplexNorm
    var embedding: LocalTimeEmbedding?
    let activation: DCUNetConfiguration.Nonlinearity

    init(
        _ inputs: Int, _ outputs: Int, _ stage: DCUNetConfiguration.Stage, _ settings: DCUNetConfiguration,
        using rng: inout Philox
    ) {
        convolution = ComplexTransposedConvolution(inputs, outputs, stage, bias: false, using: &rng)
        norm = ComplexNorm(outputs, settings.normalization, using: &rng)
        if settings.timeEmbedding != .none {
            embedding = LocalTimeEmbedding(settings, channels: outputs, using: &rng)
        }
        activation = settings.activation
    }

    /// - Parameter size: bins and frames of the result.
    mutating func evaluate(_ input: ComplexTensor, size: Size2D, time: ComplexTensor?, trains: Bool) -> ComplexTensor {
        norm.apply(convolution(input, size: size).shifted(by: embedding, at: time), trains: trains).map { activation($0) }
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("deconv", &convolution)
        try visitor.visit("norm", &norm)
        try visitor.visit("embed_layer", &embedding)
    }
}

extension ComplexTensor {
    fileprivate func shifted(by embedding: LocalTimeEmbedding?, at time: ComplexTensor?) -> ComplexTensor {
        guard let embedding, let time else { return self }
        return self + embedding(time)
    }
}
