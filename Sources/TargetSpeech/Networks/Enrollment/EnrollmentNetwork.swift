import NeuralCore

/// Predicts from a noisy recording, in which the wanted voice is in front, the embedding of that voice.
///
/// ```swift
/// var rng = Philox(seed: 1)
/// let network = EnrollmentNetwork(EnrollmentConfiguration(), using: &rng)
/// let embedding = network(recording)          // [batch, embeddingSize]
/// ```
/// The recording's level does not matter. The embedding's length is not normalised.
///
/// B. Veluri, M. Itani, T. Chen, T. Yoshioka and S. Gollakota, "Look once to hear: target speech hearing with noisy
/// examples", CHI 2024.
public struct EnrollmentNetwork: Layer {
    public let configuration: EnrollmentConfiguration
    /// From real and imaginary parts to features.
    public var inputConvolution: Conv2D
    public var inputNorm: GroupNorm
    public var blocks: [OfflineBlock]
    /// From all bins of a frame, features outside, to an embedding.
    public var projection: Linear, norm: LayerNorm
    let bank: FourierBank

    /// Weights uniform in ±1/√inputs, as each layer's.
    public init(_ configuration: EnrollmentConfiguration, using rng: inout Philox) {
        self.configuration = configuration
        bank = .hann(length: configuration.windowLength, hop: configuration.hop)
        inputConvolution = Conv2D(2 * configuration.microphones, configuration.width, kernel: 3, padding: 1, using: &rng)
        inputNorm = GroupNorm(groups: 1, channels: configuration.width, epsilon: configuration.epsilon)
        blocks = (0..<configuration.blocks).map { _ in OfflineBlock(configuration, using: &rng) }
        projection = Linear(configuration.width * bank.binCount, configuration.embeddingSize, using: &rng)
        norm = LayerNorm(configuration.embeddingSize)
    }

    /// The embedding of the voice in front, `[batch, embeddingSize]`.
    ///
    /// - Parameter recording: `[batch, microphones, samples]`, at least `minimumLength` samples of the configuration.
    public func callAsFunction(_ recording: Tensor) -> Tensor {
        precondition(
            recording.rank == 3 && recording.shape[1] == configuration.microphones
                && recording.shape[2] >= configuration.minimumLength,
            "an enrolment is [batch, \(configuration.microphones), samples], not \(recording.shape)")
        var features = inputNorm(inputConvolution(analyze(recording))).transposed([0, 2, 3, 1])
        for block in blocks { features = block(features) }
        return embed(features).mean(axes: [1])
    }

    /// One embedding for each frame, `[batch, frames, embeddingSize]`.
    private func embed(_ features: Tensor) -> Tensor {
        let bins = bank.binCount
        let weight = projection.weight.reshaped([-1, configuration.width, bins]).transposed([0, 2, 1])
        let flat = features.reshaped([features.shape[0], features.shape[1], -1])
        return norm(linear(flat, weight: weight.reshaped(projection.weight.shape), bias: projection.bias))
    }

    /// `[batch, 2 · microphones, frames, bins]`: all real parts, then all imaginary ones, of the recording divided by its
    /// standard deviation, mirrored at both ends.
    private func analyze(_ recording: Tensor) -> Tensor {
        let (batch, microphones, samples) = (recording.shape[0], recording.shape[1], recording.shape[2])
        let centred = recording - recording.mean(axes: [1, 2], keepingDimensions: true)
        let variance = square(centred).sum(axes: [1, 2], keepingDimensions: true) / Float(microphones * samples - 1)
        // Keeps silence from dividing by zero, and nothing else from anything.
        let level = sqrt(clamp(variance, minimum: .leastNormalMagnitude))
        return bank.analyze((recording / level).mirrored(by: configuration.windowLength / 2))
            .reshaped([batch, microphones, -1, 2, bank.binCount]).transposed([0, 3, 1, 2, 4])
            .reshaped([batch, 2 * microphones, -1, bank.binCount])
    }

    /// Names as published, without the unused `deconv`: `conv.0`, `conv.1`, `blocks.0…`, `embed_proj.0`, `embed_proj.1`.
    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("conv.0", &inputConvolution)
        try visitor.visit("conv.1", &inputNorm)
        try visitor.visit("blocks", &blocks)
        try visitor.visit("embed_proj.0", &projection)
        try visitor.visit("embed_proj.1", &norm)
    }
}

extension Tensor {
    /// The last axis continued at both ends by its reflection, the end samples not repeated; it must be longer than `count`.
    func mirrored(by count: Int) -> Tensor {
        let length = shape[rank - 1]
        let indices = (-count..<length + count).map { $0 < 0 ? -$0 : $0 < length ? $0 : 2 * length - 2 - $0 }
        return gathered(axis: -1, indices: indices)
    }
}
