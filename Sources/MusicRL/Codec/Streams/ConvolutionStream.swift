import NeuralCore

/// How a convolution goes on beyond the ends of its input.
enum EdgeMode: String, Codable, Sendable {
    /// Mirrored, the outermost column not repeated. Too short an input is lengthened by zeros first.
    case reflect
    /// Zeros.
    case constant
}

/// A convolution along time. On the right its input is lengthened until a step of `stride` begins with every column.
struct ConvolutionStream: TimeStream {
    let weight: Tensor, bias: Tensor?
    let stride: Int, dilation: Int, groups: Int
    let left: Int, right: Int
    let edges: EdgeMode

    /// Columns from which a step is still to come, or that the end would mirror.
    private var pending: Tensor?
    /// Where in `pending` the next step begins.
    private var next = 0
    private var received = 0
    private var hasStarted = false

    /// - Parameters:
    ///   - weight: `[outputs, inputs / groups, kernel]`.
    ///   - left: Columns added before the input; with `right` they make the kernel's reach less than a step short of the whole.
    init(
        weight: Tensor, bias: Tensor?, stride: Int = 1, dilation: Int = 1, groups: Int = 1, left: Int, right: Int, edges: EdgeMode
    ) {
        (self.weight, self.bias, self.groups) = (weight, bias, groups)
        (self.stride, self.dilation, self.left, self.right, self.edges) = (stride, dilation, left, right, edges)
    }

    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor {
        received += input.columnCount
        defer { if isLast { reset() } }
        guard received > 0 else { return empty(like: input) }
        var columns = pending.joined(with: input)
        if !hasStarted {
            // Before this many columns an end might come that has no columns to mirror.
            let isLong = edges == .constant || received > max(left, right + stride - 1)
            guard isLong || isLast else {
                pending = columns
                return empty(like: input)
            }
            if !isLong { return convolved(shortInput: columns) }
            if left > 0 { columns = .concatenated([edge(of: columns, atStart: true, left), columns], axis: 2) }
            hasStarted = true
        }
        if isLast, right + extra > 0 {
            columns = .concatenated([columns, edge(of: columns, atStart: false, right + extra)], axis: 2)
        }
        let steps = (columns.columnCount - next - span) / stride + 1
        guard columns.columnCount - next >= span else {
            pending = columns
            return empty(like: input)
        }
        let end = next + (steps - 1) * stride + span, following = next + steps * stride
        let result = convolved(columns.columns(next..<end))
        let kept = max(0, min(following, columns.columnCount - (right + stride)))
        pending = kept < columns.columnCount ? columns.columns(from: kept) : nil
        next = following - kept
        return result
    }

    /// Columns that one step sees.
    private var span: Int { (weight.shape[2] - 1) * dilation + 1 }
    /// What the input lacks to a multiple of the stride.
    private var extra: Int { (stride - received % stride) % stride }

    private mutating func reset() { (pending, next, received, hasStarted) = (nil, 0, 0, false) }

    private func empty(like input: Tensor) -> Tensor { .zeros([input.shape[0], weight.shape[0], 0]) }

    private func convolved(_ columns: Tensor) -> Tensor {
        conv1d(columns, weight: weight, bias: bias, stride: stride, dilation: dilation, groups: groups)
    }

    private func edge(of columns: Tensor, atStart: Bool, _ count: Int) -> Tensor {
        switch edges {
        case .constant: .zeros([columns.shape[0], columns.shape[1], count])
        case .reflect:
            columns.gathered(
                axis: 2,
                indices: (0..<count).map { atStart ? count - $0 : columns.columnCount - 2 - $0 })
        }
    }

    /// A whole input that is shorter than what would be mirrored.
    private func convolved(shortInput input: Tensor) -> Tensor {
        let right = right + extra, longest = max(left, right)
        let added = max(0, longest - input.columnCount + 1)
        let filled = input.padded([(0, 0), (0, 0), (0, added)])
        let padded = Tensor.concatenated(
            [edge(of: filled, atStart: true, left), filled, edge(of: filled, atStart: false, right)], axis: 2)
        return convolved(padded.columns(0..<padded.columnCount - added))
    }
}
