import CKernels
import NeuralCore

/// Norm, one step of an LSTM along time for every bin, linear map, added to the features of one frame.
struct TimePath {
    let bins: Int, hidden: Int
    private let width: Int, stride: Int, units: Int
    private let normWeight, normBias: UnsafeMutablePointer<Float>
    private let product, output: PackedProduct
    /// Each bin's normed features and, behind them, its state.
    private let rows: UnsafeMutablePointer<Float>
    private let gates, cells: UnsafeMutablePointer<Float>

    init(_ configuration: ExtractorConfiguration, _ weights: StreamWeights, in arena: StreamArena) throws {
        let (width, hidden) = (configuration.width, configuration.hidden)
        let lstm = PackedLSTM(hidden: hidden), features = paneled(width)
        bins = configuration.binCount
        self.hidden = hidden
        self.width = width
        stride = features
        units = lstm.units
        normWeight = arena.floats(copying: try weights("inter_norm.norm.weight", width))
        normBias = arena.floats(copying: try weights("inter_norm.norm.bias", width))
        let input = try weights("inter_rnn.weight_ih_l0", 4 * hidden, width)
        let recurrent = try weights("inter_rnn.weight_hh_l0", 4 * hidden, hidden)
        let bias = lstm.bias(
            try weights("inter_rnn.bias_ih_l0", 4 * hidden), try weights("inter_rnn.bias_hh_l0", 4 * hidden))
        product = PackedProduct(in: arena, depth: stride + units, columns: 4 * units, bias: bias) { element, column in
            guard let row = lstm.row(ofColumn: column) else { return 0 }
            if element < features { return element < width ? input[row * width + element] : 0 }
            let unit = element - features
            return unit < hidden ? recurrent[row * hidden + unit] : 0
        }
        let linear = try weights("inter_linear.weight", width, hidden)
        output = PackedProduct(
            in: arena, depth: units, columns: width, bias: try weights("inter_linear.bias", width)
        ) { unit, column in unit < hidden ? linear[column * hidden + unit] : 0 }
        rows = arena.floats(bins * (stride + units))
        gates = arena.floats(bins * 4 * units)
        cells = arena.floats(bins * units)
    }

    /// `features` is `[bins, stride]`.
    func callAsFunction(_ features: UnsafeMutablePointer<Float>) {
        let rowStride = stride + units
        ck_norm_rows(features, stride, bins, width, normWeight, normBias, 1e-5, rows, rowStride)
        product(rows, stride: rowStride, rows: bins, into: gates, stride: product.columns)
        ck_lstm_rows(gates, bins, units, cells, rows + stride, rowStride)
        output(rows + stride, stride: rowStride, rows: bins, into: features, stride: stride, adds: true)
    }

    func reset() {
        rows.update(repeating: 0, count: bins * (stride + units))
        cells.update(repeating: 0, count: bins * units)
    }

    /// Where the state and the cell of a unit of a bin are.
    func state(bin: Int, unit: Int) -> UnsafeMutablePointer<Float> { rows + bin * (stride + units) + stride + unit }
    func cell(bin: Int, unit: Int) -> UnsafeMutablePointer<Float> { cells + bin * units + unit }
}
