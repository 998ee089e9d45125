import NeuralCore

/// A normalisation, a bidirectional LSTM whose steps are stretches of neighbours, and a transposed convolution back to
/// single positions. `[batch, frames, bins, features]` throughout.
public struct StretchRecurrence: Sendable {
    public var norm: AxisNorm, recurrence: LSTM
    /// `[2 · hidden, features, stretch]` and `[features]`.
    public var projection: ConvTranspose1D
    private let stretch: Int, hop: Int

    init(_ configuration: EnrollmentConfiguration, using rng: inout Philox) {
        (stretch, hop) = (configuration.stretch, configuration.stretchHop)
        norm = AxisNorm(features: configuration.width, epsilon: configuration.epsilon)
        recurrence = LSTM(
            inputSize: configuration.width * stretch, hiddenSize: configuration.hidden, bidirectional: true, using: &rng)
        projection = ConvTranspose1D(
            2 * configuration.hidden, configuration.width, kernel: stretch, stride: hop, using: &rng)
    }

    /// Runs along `axis`, 1 for time and 2 for frequency. Where whole stretches do not fill it, zeros follow what is
    /// normalised.
    public func callAsFunction(_ input: Tensor, axis: Int) -> Tensor {
        let length = input.shape[axis], missing = missing(length)
        var widths = [(before: Int, after: Int)](repeating: (0, 0), count: input.rank)
        widths[axis].after = missing
        let steps = norm(input).padded(widths).unfolded(axis: axis, kernel: stretch, stride: hop)
        let result = project(ordered(recurrence)(steps, axis: axis), axis: axis, length: length + missing)
        return result.sliced(axis: axis, 0..<length)
    }

    /// Positions behind the last one that complete its stretch.
    private func missing(_ length: Int) -> Int {
        guard length > stretch else { return stretch - length }
        return (hop - (length - stretch) % hop) % hop
    }

    /// Back from steps to `length` positions: the transposed convolution as a product, whose columns are whole stretches,
    /// and their sum.
    func project(_ states: Tensor, axis: Int, length: Int) -> Tensor {
        let kernel = projection.weight.transposed([0, 2, 1]).reshaped([states.shape[3], -1])
        let result = matmul(states, kernel).folded(axis: axis, kernel: stretch, stride: hop, length: length)
        return projection.bias.map { result + $0 } ?? result
    }

    /// Published weights expect the stretch inside each feature, unfolding gives the features inside each position.
    private func ordered(_ lstm: LSTM) -> LSTM {
        var lstm = lstm
        for index in lstm.weights.indices {
            let weight = lstm.weights[index].input
            lstm.weights[index].input = weight.reshaped([weight.shape[0], -1, stretch]).transposed([0, 2, 1])
                .reshaped(weight.shape)
        }
        return lstm
    }

    mutating func visit(_ name: String, _ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("\(name)_norm", &norm)
        try visitor.visit("\(name)_rnn", &recurrence)
        try visitor.visit("\(name)_linear", &projection)
    }
}
