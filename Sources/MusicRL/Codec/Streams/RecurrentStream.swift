import CKernels
import NeuralCore

/// An LSTM along time with its input added to its output.
///
/// A long sequence alone is bound by reading the recurrent weights at every step: they are packed once, and the threads
/// share each step.
struct RecurrentStream: TimeStream {
    private var layers: [PackedRecurrence]

    init(_ lstm: LSTM) { layers = lstm.weights.map(PackedRecurrence.init) }

    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor {
        defer { if isLast { for index in layers.indices { layers[index].reset() } } }
        guard !input.isEmpty else { return input }
        var rows = input.transposed([0, 2, 1])
        for index in layers.indices { rows = layers[index].advance(rows) }
        return input + rows.transposed([0, 2, 1])
    }
}

/// One layer of an LSTM, and its state.
private struct PackedRecurrence: Sendable {
    private let hidden: Int
    /// Units rounded up to whole panels; those beyond `hidden` stay zero.
    private let units: Int
    /// In the kernels' order of gates: `[4 units, inputs]`, `[4 units]`, `[panels, units, 4, CK_PANEL]`.
    private let inputWeight: Tensor, bias: Tensor, recurrent: Tensor
    /// `[batch, units]`, nil before the first step.
    private var state: Tensor?, cells: Tensor?

    init(_ weights: RecurrentWeights) {
        let hidden = weights.hidden.shape[1], packing = PackedLSTM(hidden: hidden), units = packing.units
        (self.hidden, self.units) = (hidden, units)
        bias = Tensor(packing.bias(weights.inputBias.values, weights.hiddenBias.values), shape: [4 * units])
        let inputs = weights.input.shape[1]
        inputWeight = Tensor(shape: [4 * units, inputs]) { target in
            weights.input.withUnsafeBuffer { source in
                for column in 0..<4 * units {
                    let row = packing.row(ofColumn: column)
                    for index in 0..<inputs { target[column * inputs + index] = row.map { source[$0 * inputs + index] } ?? 0 }
                }
            }
        }
        recurrent = Tensor(shape: [4 * units * units]) { target in
            target.update(repeating: 0)
            weights.hidden.withUnsafeBuffer { source in
                let panel = Int(CK_PANEL)
                for column in 0..<4 * units {
                    guard let row = packing.row(ofColumn: column) else { continue }
                    let start = column / (4 * panel) * units * 4 * panel + column % (4 * panel)
                    for unit in 0..<hidden { target[start + unit * 4 * panel] = source[row * hidden + unit] }
                }
            }
        }
    }

    mutating func reset() { (state, cells) = (nil, nil) }

    /// `[batch, time, inputs]` to `[batch, time, hidden]`.
    mutating func advance(_ input: Tensor) -> Tensor {
        let (batch, steps) = (input.shape[0], input.shape[1])
        let gates = matmul(input, inputWeight, transposeB: true) + bias
        var state = state ?? .zeros([batch, units]), cells = cells ?? .zeros([batch, units])
        var output = Tensor.zeros([batch, steps, units])
        gates.withUnsafeBuffer { gates in
            recurrent.withUnsafeBuffer { recurrent in
                output.withUnsafeMutableBuffer { output in
                    cells.withUnsafeMutableBuffer { cells in
                        state.withUnsafeMutableBuffer { state in
                            for item in 0..<batch {
                                run(
                                    steps, gates: gates.baseAddress! + item * steps * 4 * units, recurrent.baseAddress!,
                                    state: state.baseAddress! + item * units, cells: cells.baseAddress! + item * units,
                                    into: output.baseAddress! + item * steps * units)
                            }
                        }
                    }
                }
            }
        }
        (self.state, self.cells) = (state, cells)
        return units == hidden ? output : output.sliced(axis: 2, 0..<hidden)
    }

    /// Steps of one sequence; `state` becomes the last one.
    private func run(
        _ steps: Int, gates: UnsafePointer<Float>, _ recurrent: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>,
        cells: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        nonisolated(unsafe) let (gates, recurrent, cells, output) = (gates, recurrent, cells, output)
        let (units, parts) = (units, parts)
        for step in 0..<steps {
            nonisolated(unsafe) let previous = step == 0 ? UnsafePointer(state) : UnsafePointer(output + (step - 1) * units)
            parallelFor(parts.count) { part in
                ck_lstm_units(
                    gates + step * 4 * units, recurrent, units, parts[part].lowerBound, parts[part].upperBound, previous, cells,
                    output + step * units)
            }
        }
        state.update(from: output + (steps - 1) * units, count: units)
    }

    /// Units that one thread advances at a time: half a megabyte of weights at least, whole panels.
    private var parts: [Range<Int>] {
        let wanted = max(1, units * units * 16 / (1 << 19)), size = paneled((units + wanted - 1) / wanted)
        return stride(from: 0, to: units, by: size).map { $0..<min($0 + size, units) }
    }
}
