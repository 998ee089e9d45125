import NeuralCore

/// A U-Net of complex convolutions over a diffusion state and the noisy spectrum (Choi et al., "Phase-aware Speech
/// Enhancement with Deep Complex U-Net", 2019; as a score model: Welker et al. 2022, section 3.3).
///
/// The bare network: the published models read its output as a score with the sign turned.
/// Frames may be any number; they are brought to one more than a multiple of the strides, and back.
///
/// ```swift
/// var rng = Philox(seed: 1)
/// let model = ScoreModel(try DCUNet(using: &rng), process: OUVESDE(), reading: .negatedScore)
/// ```
public struct DCUNet: Backbone {
    public let configuration: DCUNetConfiguration
    var embedding: ComplexTimeEmbedding?
    var encoders: [DCUNetEncoder] = []
    var decoders: [DCUNetDecoder] = []
    var outputLayer: ComplexTransposedConvolution

    /// Draws weights.
    ///
    /// - Throws: `ScoreDiffusionError.invalidNetwork` for settings that contradict each other.
    public init(_ configuration: DCUNetConfiguration = DCUNetConfiguration(), using rng: inout Philox) throws {
        try configuration.validate()
        self.configuration = configuration
        if configuration.timeEmbedding != .none {
            embedding = ComplexTimeEmbedding(configuration, using: &rng)
        }
        let stages = configuration.stages
        // The state and the noisy spectrum are two complex channels.
        let inputs = [2] + stages.dropLast().map(\.outputs)
        for (stage, inputs) in zip(stages, inputs) {
            encoders.append(DCUNetEncoder(inputs, stage, configuration, using: &rng))
        }
        for index in stages.indices.reversed() where index > 0 {
            let joined = index == stages.count - 1 ? stages[index].outputs : 2 * stages[index].outputs
            decoders.append(DCUNetDecoder(joined, inputs[index], stages[index], configuration, using: &rng))
        }
        let joined = stages.count == 1 ? stages[0].outputs : 2 * stages[0].outputs
        outputLayer = ComplexTransposedConvolution(joined, 1, stages[0], bias: true, using: &rng)
    }

    public var frameMultiple: Int { 1 }

    public func callAsFunction(_ state: Tensor, noisy: Tensor, times: [Double]) -> Tensor {
        forward(state, noisy: noisy, times: times) { _, _ in }
    }

    public mutating func trained(
        on state: Tensor, noisy: Tensor, times: [Double], using rng: inout Philox
    ) -> Tensor {
        evaluate(state, noisy: noisy, times: times, trains: true) { _, _ in }
    }

    /// `observe` is told the output of every part under its published name.
    func forward(
        _ state: Tensor, noisy: Tensor, times: [Double], observe: (_ part: String, _ output: ComplexTensor) -> Void
    ) -> Tensor {
        // Only training changes anything.
        var unchanged = self
        return unchanged.evaluate(state, noisy: noisy, times: times, trains: false, observe: observe)
    }

    private mutating func evaluate(
        _ state: Tensor, noisy: Tensor, times: [Double], trains: Bool,
        observe: (_ part: String, _ output: ComplexTensor) -> Void
    ) -> Tensor {
        precondition(state.shape == noisy.shape && state.rank == 4 && state.shape[3] == 2, "spectra are [batch, frames, bins, 2]")
        precondition(times.count == state.shape[0], "one time per item")
        let frames = state.shape[1]
        let input = fitted(channels(state, noisy)), size = Size2D(input.real.shape[2], input.real.shape[3])
        let time = embedding.map { $0(times) }
        if let time { observe("embed", time) }

        var hidden = input, left: [ComplexTensor] = []
        for index in encoders.indices {
            hidden = encoders[index].evaluate(hidden, time: time, trains: trains)
            observe("encoders.\(index)", hidden)
            left.append(hidden)
        }
        left.removeLast()
        for index in decoders.indices {
            let skip = left.removeLast()
            let decoded = decoders[index].evaluate(
                hidden, size: Size2D(skip.real.shape[2], skip.real.shape[3]), time: time, trains: trains)
            observe("decoders.\(index)", decoded)
            hidden = .concatenated([decoded, skip], axis: 1)
        }
        return spectra(outputLayer(hidden, size: size), frames: frames)
    }

    /// The state and the noisy spectrum as two complex channels, `[batch, 2, bins, frames]`.
    private func channels(_ state: Tensor, _ noisy: Tensor) -> ComplexTensor {
        // Real and imaginary parts of both: [batch, 4, bins, frames].
        let parts = Tensor.concatenated([state, noisy], axis: 3).transposed([0, 3, 2, 1])
        return ComplexTensor(
            real: parts.gathered(axis: 1, indices: [0, 2]), imaginary: parts.gathered(axis: 1, indices: [1, 3]))
    }

    /// With a number of frames that the strides can halve and restore.
    private func fitted(_ input: ComplexTensor) -> ComplexTensor {
        let product = configuration.strideProduct(1), frames = input.real.shape[3], excess = (frames - 1) % product
        guard excess > 0 else { return input }
        return switch configuration.frameFitting {
        case .padding: input.map { $0.padded([(0, 0), (0, 0), (0, 0), (0, product - excess)]) }
        case .trimming: input.map { $0.sliced(axis: 3, 0..<frames - excess) }
        }
    }

    /// `[batch, 1, bins, fitted frames]` as `[batch, frames, bins, 2]`.
    private func spectra(_ output: ComplexTensor, frames: Int) -> Tensor {
        let parts = Tensor.concatenated([output.real, output.imaginary], axis: 1), missing = frames - parts.shape[3]
        let whole = missing > 0 ? parts.padded([(0, 0), (0, 0), (0, 0), (0, missing)]) : parts.sliced(axis: 3, 0..<frames)
        return whole.transposed([0, 3, 2, 1])
    }

    /// In the order of the published network's parts.
    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("embed", &embedding)
        try visitor.visit("encoders", &encoders)
        try visitor.visit("decoders", &decoders)
        try visitor.visit("output_layer", &outputLayer)
    }
}
