import NeuralCore

/// A light network that predicts from a noisy recording, in which the wanted voice is in front, the embedding of that
/// voice: bidirectional GRUs on mel features of both ears, and a mean over the frames that it finds telling.
///
/// The recording's level does not matter. The embedding has length one.
public struct MelEnrollmentNetwork: Layer {
    public let configuration: MelEnrollmentConfiguration
    let features: MelEnrollmentFeatures
    var input: Linear
    var recurrences: [GRU]
    /// How much a frame counts.
    var attention: Linear
    var output: Linear

    public init(_ configuration: MelEnrollmentConfiguration, using rng: inout Philox) {
        self.configuration = configuration
        features = MelEnrollmentFeatures(configuration)
        let hidden = configuration.hidden
        input = Linear(MelEnrollmentFeatures.perBand * configuration.bands, hidden, using: &rng)
        recurrences = (0..<configuration.layers).map { layer in
            GRU(inputSize: layer == 0 ? hidden : 2 * hidden, hiddenSize: hidden, bidirectional: true, using: &rng)
        }
        attention = Linear(2 * hidden, 1, using: &rng)
        output = Linear(2 * hidden, configuration.embeddingSize, using: &rng)
    }

    /// The embedding of the voice in front, `[batch, embeddingSize]`.
    ///
    /// - Parameter recording: `[batch, 2, samples]`, at least `minimumLength` samples; no gradient reaches it.
    public func callAsFunction(_ recording: Tensor) -> Tensor {
        precondition(
            recording.rank == 3 && recording.shape[1] == 2 && recording.shape[2] >= configuration.minimumLength,
            "an enrolment is [batch, 2, samples], not \(recording.shape)")
        let samples = recording.shape[2], values = recording.values
        let items = (0..<recording.shape[0]).map { item in
            features((0..<2).map { Array(values[(2 * item + $0) * samples..<(2 * item + $0 + 1) * samples]) })
        }
        var x = silu(input(Tensor.concatenated(items, axis: 0)))
        for gru in recurrences { x = gru(x, axis: 1) }
        let weights = attention(x).softmax(axis: 1)
        return unitRows(output((x * weights).sum(axes: [1])))
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("input", &input)
        try visitor.visit("recurrences", &recurrences)
        try visitor.visit("attention", &attention)
        try visitor.visit("output", &output)
    }
}
