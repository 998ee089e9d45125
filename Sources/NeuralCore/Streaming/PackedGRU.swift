import CKernels

/// One direction of a GRU's layer as the streaming kernels read it.
package struct PackedGRU {
    package let hidden: Int, inputs: Int
    private let weights: RecurrentWeights

    package init(_ weights: RecurrentWeights, inputs: Int) {
        (self.weights, self.inputs) = (weights, inputs)
        hidden = weights.inputBias.count / 3
    }

    /// Units rounded up to whole panels; those beyond `hidden` stay zero.
    package var units: Int { paneled(hidden) }
    /// Columns of the gates: reset, update, and the candidate's shares of the input and of the state.
    package var columns: Int { 4 * units }

    private func place(_ column: Int) -> (gate: Int, unit: Int)? {
        let panel = Int(CK_PANEL), unit = column / (4 * panel) * panel + column % panel
        return unit < hidden ? (column / panel % 4, unit) : nil
    }

    package var bias: [Float] {
        let input = weights.inputBias.values, recurrent = weights.hiddenBias.values
        return (0..<columns).map { column in
            guard let (gate, unit) = place(column) else { return 0 }
            return switch gate {
            case 0, 1: input[gate * hidden + unit] + recurrent[gate * hidden + unit]
            case 2: input[2 * hidden + unit]
            default: recurrent[2 * hidden + unit]
            }
        }
    }

    /// `[columns][inputs]`, zero for the state's candidate.
    package var inputColumns: [[Float]] {
        columns(of: weights.input.values, width: inputs) { $0 == 3 ? nil : $0 }
    }

    /// `[columns][hidden]`, zero for the input's candidate.
    package var recurrentColumns: [[Float]] {
        columns(of: weights.hidden.values, width: hidden) { $0 == 2 ? nil : min($0, 2) }
    }

    private func columns(of matrix: [Float], width: Int, source: (_ gate: Int) -> Int?) -> [[Float]] {
        (0..<columns).map { column in
            guard let (gate, unit) = place(column), let block = source(gate) else {
                return [Float](repeating: 0, count: width)
            }
            let row = block * hidden + unit
            return Array(matrix[row * width..<(row + 1) * width])
        }
    }

    /// The recurrent weights in the order of `ck_gru_both_ways`, `[panels][units][3][CK_PANEL]`.
    package func writeRecurrent(to base: UnsafeMutablePointer<Float>) {
        let panel = Int(CK_PANEL), recurrent = recurrentColumns
        for column in 0..<columns {
            let gate = column / panel % 4
            guard gate != 2 else { continue }
            let start = base + column / (4 * panel) * units * 3 * panel + min(gate, 2) * panel + column % panel
            for unit in 0..<hidden { start[unit * 3 * panel] = recurrent[column][unit] }
        }
    }
}
