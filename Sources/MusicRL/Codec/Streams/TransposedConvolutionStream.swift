import NeuralCore

/// A transposed convolution along time: `stride` columns for each one of the input.
///
/// Output `t·s + j` is Σₘ W[j + m·s] x[t − m], so it is computed as a plain convolution that gives the `s` phases of a
/// column as channels, and these are then laid out one behind the other.
struct TransposedConvolutionStream: TimeStream {
    /// `[outputs · stride, inputs, taps]`.
    private let weight: Tensor
    /// `[outputs · stride]`.
    private let bias: Tensor
    private let stride: Int, taps: Int
    /// Columns that are left out at the start, and columns that the whole has beyond `stride` for each of the input.
    private let left: Int, surplus: Int

    private var pending: Tensor?
    private var received = 0, computed = 0

    /// - Parameters:
    ///   - weight: `[inputs, outputs, kernel]`.
    ///   - left: Columns of the full result that are left out at its start, and as `right` at its end.
    init(weight: Tensor, bias: Tensor, stride: Int, left: Int, right: Int) {
        let (inputs, outputs, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2])
        let taps = (kernel + stride - 1) / stride
        (self.stride, self.taps, self.left) = (stride, taps, left)
        surplus = kernel - stride - left - right
        // The kernel in pieces of one stride, the last piece first, as a correlation wants it.
        let pieces = weight.padded([(0, 0), (0, 0), (0, taps * stride - kernel)]).reshaped([inputs, outputs, taps, stride])
        let reversed = Tensor.concatenated(
            (0..<taps).reversed().map { pieces.sliced(axis: 2, $0..<$0 + 1) }, axis: 2)
        self.weight = reversed.transposed([1, 3, 0, 2]).reshaped([outputs * stride, inputs, taps])
        self.bias = bias.expanded(at: 1).broadcast(to: [outputs, stride]).reshaped([outputs * stride])
    }

    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor {
        defer { if isLast { (pending, received, computed) = (nil, 0, 0) } }
        let (batch, channels) = (input.shape[0], input.shape[1]), zeros = Tensor.zeros([batch, channels, taps - 1])
        let isFirst = received == 0
        received += input.columnCount
        guard received > 0, isLast || !input.isEmpty else { return .zeros([batch, bias.count / stride, 0]) }
        var columns = (isFirst ? (taps > 1 ? zeros : nil) : pending).joined(with: input)
        if isLast, taps > 1 { columns = .concatenated([columns, zeros], axis: 2) }
        guard columns.columnCount >= taps else { return .zeros([batch, bias.count / stride, 0]) }
        pending = taps > 1 ? columns.columns(from: columns.columnCount - taps + 1) : nil
        let phases = conv1d(columns, weight: weight, bias: bias), outputs = bias.count / stride
        let laidOut = phases.reshaped([batch, outputs, stride, -1]).transposed([0, 1, 3, 2]).reshaped([batch, outputs, -1])
        let start = computed
        computed += laidOut.columnCount
        let end = isLast ? left + received * stride + surplus : computed
        return laidOut.columns(max(0, left - start)..<max(max(0, left - start), min(end - start, laidOut.columnCount)))
    }
}
