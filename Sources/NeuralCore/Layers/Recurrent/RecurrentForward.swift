import CKernels

/// What the forward pass leaves for the backward one. The gates are overwritten there.
struct RecurrentTrace: Sendable {
    let plan: RecurrentPlan
    let weights: PackedRecurrentWeights
    let input: Tensor
    /// `[rows, gate width]`, or nothing where they are not kept.
    let gates: Tensor
    /// `[rows, output width]`
    let output: Tensor
    /// The LSTM's cells, `[rows, output width]`.
    let cells: Tensor?
    /// `[directions, sequences, hidden]`
    let initialState: Tensor?
    let initialCell: Tensor?
    private let zeros: Tensor

    init(
        _ plan: RecurrentPlan, _ weights: [RecurrentWeights], input: Tensor, initialState: Tensor?, initialCell: Tensor?,
        keepsGates: Bool
    ) {
        self.plan = plan
        self.weights = PackedRecurrentWeights(plan, weights)
        self.input = input.detached
        self.initialState = initialState?.detached
        self.initialCell = initialCell?.detached
        gates = Tensor(uninitialized: [keepsGates || !RecurrentPanels.goStepByStep(plan) ? plan.rows : 0, plan.gateWidth])
        output = Tensor(uninitialized: [plan.rows, plan.outputWidth])
        cells = plan.cell == .lstm ? Tensor(uninitialized: [plan.rows, plan.outputWidth]) : nil
        zeros = .zeros([plan.hidden])
    }

    func run() {
        let chunks = plan.chunks
        if let panels = RecurrentPanels(plan, weights) {
            return parallelFor(chunks.count) { run(chunks[$0], with: panels) }
        }
        if chunks.contains(where: { $0.region == nil }) { project(0..<plan.rows, parallelProduct) }
        parallelFor(chunks.count) { index in
            let chunk = chunks[index]
            if let region = chunk.region { project(region, serialProduct) }
            for direction in 0..<plan.directions {
                for step in 0..<plan.steps { advance(chunk, direction, step) }
            }
        }
    }

    /// The biases and the input's part of the gates of some rows.
    private func project(
        _ region: Range<Int>,
        _ product: (Int, Int, Int, MatrixOperand, MatrixOperand, Float, UnsafeMutablePointer<Float>, Int) -> Void
    ) {
        let target = gates.freshPointer + region.lowerBound * plan.gateWidth
        fillRows(target, rows: region.count, with: weights.bias)
        product(
            region.count, plan.inputColumns.count, plan.inputs,
            MatrixOperand(input.pointer + region.lowerBound * plan.inputs, stride: plan.inputs),
            MatrixOperand(weights.input.pointer, stride: plan.inputs, transposed: true), 1,
            target + plan.inputColumns.lowerBound, plan.gateWidth)
    }

    /// One step in processing order: the reverse direction starts at the end.
    private func advance(_ chunk: RecurrentChunk, _ direction: Int, _ step: Int) {
        if let previous = previousState(chunk, direction, step) {
            serialProduct(
                m: chunk.count, n: plan.hiddenWidth, k: plan.hidden,
                MatrixOperand(previous.pointer, stride: previous.stride),
                MatrixOperand(hiddenWeights(direction), stride: plan.hidden, transposed: true), beta: 1,
                into: hiddenGates(chunk, direction, step), stride: chunk.rowStride * plan.gateWidth)
        }
        finish(chunk, direction, step)
    }

    /// The cells' part of a step, when the gates are complete.
    func finish(_ chunk: RecurrentChunk, _ direction: Int, _ step: Int, _ gates: GateRows? = nil) {
        var values = self.step(chunk, direction, step, gates)
        if plan.cell == .gru { ck_gru_forward(&values) } else { ck_lstm_forward(&values) }
    }

    func position(_ direction: Int, _ step: Int) -> Int { direction == 0 ? step : plan.steps - 1 - step }

    func hiddenWeights(_ direction: Int) -> UnsafePointer<Float> {
        weights.hidden.pointer + direction * plan.hiddenWidth * plan.hidden
    }

    /// The columns that the hidden state writes, at the chunk's first row of a step.
    func hiddenGates(_ chunk: RecurrentChunk, _ direction: Int, _ step: Int) -> UnsafeMutablePointer<Float> {
        let column = (4 * direction + plan.cell.hiddenColumn(direction)) * plan.hidden
        return gates.freshPointer + chunk.row(position(direction, step)) * plan.gateWidth + column
    }

    /// The state before a step, or `nil` when it is zero.
    func previousState(
        _ chunk: RecurrentChunk, _ direction: Int, _ step: Int
    ) -> (pointer: UnsafePointer<Float>, stride: Int)? {
        previous(output, initialState, chunk, direction, step)
    }

    private func previous(
        _ tensor: Tensor, _ initial: Tensor?, _ chunk: RecurrentChunk, _ direction: Int, _ step: Int
    ) -> (pointer: UnsafePointer<Float>, stride: Int)? {
        if step > 0 {
            let row = chunk.row(position(direction, step - 1))
            return (tensor.pointer + row * plan.outputWidth + direction * plan.hidden, chunk.rowStride * plan.outputWidth)
        }
        return initial.map { initial in
            (initial.pointer + (direction * plan.sequences + chunk.firstSequence) * plan.hidden, plan.hidden)
        }
    }

    /// The four columns of a direction in the rows of a step.
    struct GateRows {
        let pointer: UnsafeMutablePointer<Float>
        let stride: Int
    }

    func gateRows(_ chunk: RecurrentChunk, _ direction: Int, row: Int) -> GateRows {
        GateRows(
            pointer: gates.freshPointer + row * plan.gateWidth + 4 * direction * plan.hidden,
            stride: chunk.rowStride * plan.gateWidth)
    }

    /// A step whose gates lie in `own`, or among those that are kept.
    func step(_ chunk: RecurrentChunk, _ direction: Int, _ step: Int, _ own: GateRows? = nil) -> ck_recurrent_step {
        let row = chunk.row(position(direction, step)), columns = plan.cell.columns(direction)
        let rows = own ?? gateRows(chunk, direction, row: row), gate = rows.pointer
        let offset = row * plan.outputWidth + direction * plan.hidden
        let state = previousState(chunk, direction, step)
        let cell = cells.flatMap { previous($0, initialCell, chunk, direction, step) }
        return ck_recurrent_step(
            rows: chunk.count, hidden: plan.hidden,
            gates: (
                gate + columns[0] * plan.hidden, gate + columns[1] * plan.hidden, gate + columns[2] * plan.hidden,
                gate + columns[3] * plan.hidden
            ),
            gate_stride: rows.stride,
            previous: state?.pointer ?? zeros.pointer, previous_stride: state?.stride ?? 0,
            previous_cell: cell?.pointer ?? zeros.pointer, previous_cell_stride: cell?.stride ?? 0,
            state: output.freshPointer + offset, cell: cells.map { $0.freshPointer + offset },
            state_stride: chunk.rowStride * plan.outputWidth)
    }

    /// The last step's values of `output` or `cells` in each direction, `[directions, sequences, hidden]`.
    func final(_ tensor: Tensor) -> Tensor {
        let ordered = tensor.reshaped([plan.outer, plan.steps, plan.inner, plan.directions, plan.hidden])
        let parts = (0..<plan.directions).map { direction in
            let step = position(direction, plan.steps - 1)
            return ordered.sliced(axis: 1, step..<step + 1).sliced(axis: 3, direction..<direction + 1)
                .reshaped([1, plan.sequences, plan.hidden])
        }
        return .concatenated(parts, axis: 0)
    }
}
