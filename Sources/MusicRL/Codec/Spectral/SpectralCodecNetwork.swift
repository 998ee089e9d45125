import NeuralCore

/// The network of the default codec: spectra to vectors, and vectors to spectra. All of it works on whole spectra, a hundred
/// a second, which is what makes it light; the transforms do the rest.
public struct SpectralCodecNetwork: Layer {
    public let configuration: SpectralCodecConfiguration

    var analysis: Linear
    var analysisNorm: LayerNorm
    var encoder: [TemporalBlock]
    var reduction: Conv1D
    var codeEncoder: [TemporalBlock]
    var latents: Linear

    /// `[bins, dimension]` each.
    var codebooks: [Tensor]
    /// `[codebooks, bins]`, how often each entry has been chosen of late, the mean being 1.
    var usage: Tensor

    var entry: Linear
    var codeDecoder: [TemporalBlock]
    var expansion: ConvTranspose1D
    var decoder: [TemporalBlock]
    var synthesisNorm: LayerNorm
    var synthesis: Linear

    /// A network with drawn weights.
    public init(_ configuration: SpectralCodecConfiguration, using random: inout Philox) {
        self.configuration = configuration
        let width = configuration.width, bins = configuration.binCount
        let blocks = configuration.encoderBlocks.spectra + configuration.encoderBlocks.codes
            + configuration.decoderBlocks.spectra + configuration.decoderBlocks.codes
        func sequence(_ count: Int) -> [TemporalBlock] {
            (0..<count).map { _ in
                TemporalBlock(
                    width: width, hiddenWidth: configuration.hiddenWidth, kernel: configuration.kernel,
                    scale: 1 / Float(max(blocks, 1)), using: &random)
            }
        }
        analysis = Linear(2 * bins, width, using: &random)
        analysisNorm = LayerNorm(width)
        encoder = sequence(configuration.encoderBlocks.spectra)
        reduction = Conv1D(width, width, kernel: configuration.reduction, stride: configuration.reduction, using: &random)
        codeEncoder = sequence(configuration.encoderBlocks.codes)
        latents = Linear(width, configuration.dimension, using: &random)
        codebooks = (0..<configuration.codebooks).map { _ in
            .gaussian([configuration.bins, configuration.dimension], using: &random) * 0.1
        }
        usage = .zeros([configuration.codebooks, configuration.bins])
        entry = Linear(configuration.dimension, width, using: &random)
        codeDecoder = sequence(configuration.decoderBlocks.codes)
        expansion = ConvTranspose1D(width, width, kernel: configuration.reduction, stride: configuration.reduction, using: &random)
        decoder = sequence(configuration.decoderBlocks.spectra)
        synthesisNorm = LayerNorm(width)
        synthesis = Linear(width, 2 * bins, using: &random)
    }

    /// Vectors before quantisation, `[batch, frames, dimension]`, of features `[batch, spectra, 2 · bins]`.
    func encode(_ features: Tensor) -> Tensor {
        var columns = analysisNorm(analysis(features)).transposed([0, 2, 1])
        for block in encoder { columns = block(columns) }
        columns = reduction(columns)
        for block in codeEncoder { columns = block(columns) }
        return latents(columns.transposed([0, 2, 1]))
    }

    /// Log-magnitudes and phases, `[batch, spectra, 2 · bins]`, of vectors `[batch, frames, dimension]`.
    func decode(_ vectors: Tensor) -> Tensor {
        var columns = entry(vectors).transposed([0, 2, 1])
        for block in codeDecoder { columns = block(columns) }
        columns = expansion(columns)
        for block in decoder { columns = block(columns) }
        return synthesis(synthesisNorm(columns.transposed([0, 2, 1])))
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("encoder.analysis", &analysis)
        try visitor.visit("encoder.norm", &analysisNorm)
        try visitor.visit("encoder.spectra", &encoder)
        try visitor.visit("encoder.reduction", &reduction)
        try visitor.visit("encoder.codes", &codeEncoder)
        try visitor.visit("encoder.latents", &latents)
        for index in codebooks.indices { try visitor.visit("quantizer.codebooks.\(index)", &codebooks[index]) }
        try visitor.visitBuffer("quantizer.usage", &usage)
        try visitor.visit("decoder.entry", &entry)
        try visitor.visit("decoder.codes", &codeDecoder)
        try visitor.visit("decoder.expansion", &expansion)
        try visitor.visit("decoder.spectra", &decoder)
        try visitor.visit("decoder.norm", &synthesisNorm)
        try visitor.visit("decoder.synthesis", &synthesis)
    }
}

extension SpectralCodecNetwork {
    /// From features `[batch, 2 · bins, spectra]` to vectors `[batch, dimension, frames]`, piece by piece.
    var encoderStream: StreamSequence {
        StreamSequence(
            streams: [ColumnMap(outputs: configuration.width) { [analysis, analysisNorm] in analysisNorm(analysis($0)) }] + encoder.map(\.stream)
                + [ConvolutionStream(
                    weight: reduction.weight, bias: reduction.bias, stride: configuration.reduction, left: 0, right: 0, edges: .constant)]
                + codeEncoder.map(\.stream) + [ColumnMap(outputs: configuration.dimension) { [latents] in latents($0) }])
    }

    /// From vectors `[batch, dimension, frames]` to log-magnitudes and phases `[batch, 2 · bins, spectra]`.
    var decoderStream: StreamSequence {
        let bias = expansion.bias ?? .zeros([configuration.width])
        return StreamSequence(
            streams: [ColumnMap(outputs: configuration.width) { [entry] in entry($0) }] + codeDecoder.map(\.stream)
                + [TransposedConvolutionStream(weight: expansion.weight, bias: bias, stride: configuration.reduction, left: 0, right: 0)]
                + decoder.map(\.stream)
                + [ColumnMap(outputs: 2 * configuration.binCount) { [synthesisNorm, synthesis] in synthesis(synthesisNorm($0)) }])
    }

    /// Frames that must follow a frame before the decoder knows all its samples.
    var lookahead: Int {
        let reach = configuration.kernel / 2, hop = configuration.spectrumHop
        // The last spectrum under whose window the frame's last sample lies, counted from the frame's first.
        let last = (configuration.hopLength - 1 + configuration.edge) / hop + configuration.decoderBlocks.spectra * reach
        return last / configuration.reduction + configuration.decoderBlocks.codes * reach
    }
}
