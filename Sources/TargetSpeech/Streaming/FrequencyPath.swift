import CKernels
import NeuralCore

/// Norm, bidirectional LSTM along frequency, linear map, added to the features of one frame.
struct FrequencyPath {
    private let bins: Int, width: Int, stride: Int, lstm: PackedLSTM
    private let normWeight, normBias, recurrent: UnsafeMutablePointer<Float>
    private let input, output: PackedProduct
    private let normed, gates, cells, states: UnsafeMutablePointer<Float>

    init(_ configuration: ExtractorConfiguration, _ weights: StreamWeights, in arena: StreamArena) throws {
        let (width, hidden) = (configuration.width, configuration.hidden)
        bins = configuration.binCount
        self.width = width
        stride = paneled(width)
        let lstm = PackedLSTM(hidden: hidden)
        self.lstm = lstm
        let units = lstm.units, gateColumns = 4 * units
        normWeight = arena.floats(copying: try weights("intra_norm.norm.weight", width))
        normBias = arena.floats(copying: try weights("intra_norm.norm.bias", width))

        var inputWeights: [[Float]] = [], biases: [Float] = []
        let recurrent = arena.floats(2 * gateColumns * units)
        for (direction, suffix) in ["_l0", "_l0_reverse"].enumerated() {
            inputWeights.append(try weights("intra_rnn.weight_ih" + suffix, 4 * hidden, width))
            biases += lstm.bias(
                try weights("intra_rnn.bias_ih" + suffix, 4 * hidden),
                try weights("intra_rnn.bias_hh" + suffix, 4 * hidden))
            let values = try weights("intra_rnn.weight_hh" + suffix, 4 * hidden, hidden)
            let block = 4 * Int(CK_PANEL)
            for column in 0..<gateColumns {
                guard let row = lstm.row(ofColumn: column) else { continue }
                let base = recurrent + direction * gateColumns * units + column / block * units * block + column % block
                for unit in 0..<hidden { base[unit * block] = values[row * hidden + unit] }
            }
        }
        self.recurrent = recurrent
        input = PackedProduct(in: arena, depth: paneled(width), columns: 2 * gateColumns, bias: biases) { feature, column in
            guard feature < width, let row = lstm.row(ofColumn: column % gateColumns) else { return 0 }
            return inputWeights[column / gateColumns][row * width + feature]
        }
        let linear = try weights("intra_linear.weight", width, 2 * hidden)
        output = PackedProduct(
            in: arena, depth: 2 * units, columns: width, bias: try weights("intra_linear.bias", width)
        ) { row, column in
            let unit = row % units
            return unit < hidden ? linear[column * 2 * hidden + row / units * hidden + unit] : 0
        }
        normed = arena.floats(bins * stride)
        gates = arena.floats(bins * 2 * gateColumns)
        cells = arena.floats(2 * units)
        states = arena.floats(bins * 2 * units)
    }

    /// `features` is `[bins, stride]`.
    func callAsFunction(_ features: UnsafeMutablePointer<Float>) {
        let units = lstm.units
        ck_norm_rows(features, stride, bins, width, normWeight, normBias, 1e-5, normed, stride)
        input(normed, stride: stride, rows: bins, into: gates, stride: input.columns)
        ck_lstm_both_ways(gates, recurrent, bins, units, cells, states)
        output(states, stride: 2 * units, rows: bins, into: features, stride: stride, adds: true)
    }
}
