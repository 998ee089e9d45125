import CKernels

/// The gradients of a recurrent layer, back through time.
struct RecurrentBackward {
    let trace: RecurrentTrace
    /// Of the output, `[rows, output width]`.
    let gradient: Tensor
    /// Of the cells after the last step, `[directions, sequences, hidden]`.
    var lastCellGradient: Tensor?
    let needsInput: Bool

    private var plan: RecurrentPlan { trace.plan }

    /// The gradients of the input, of each direction's weights, and of the initial state and cell if there were any.
    func run() -> [Tensor?] {
        let trace = trace, plan = plan, gradient = gradient, lastCell = lastCellGradient, chunks = plan.chunks
        let stateGradient = trace.initialState.map { Tensor(uninitialized: $0.shape) }
        let cellGradient = trace.initialCell.map { Tensor(uninitialized: $0.shape) }
        let input = needsInput ? Tensor(uninitialized: trace.input.shape) : nil
        let isLocal = chunks.allSatisfy { $0.region != nil }
        let parts = WeightGradients(plan, parts: isLocal ? chunks.count : 1)
        parallelFor(chunks.count) { index in
            let chunk = chunks[index]
            for direction in 0..<plan.directions {
                Self.goBack(trace, gradient, lastCell, chunk, direction, stateGradient, cellGradient)
            }
            if let region = chunk.region, isLocal {
                parts.add(trace, region, [chunk], input, part: index, product: serialProduct)
            }
        }
        if !isLocal { parts.add(trace, 0..<plan.rows, chunks, input, part: 0, product: parallelProduct) }
        return [input] + parts.unpacked() + [stateGradient, cellGradient].compactMap { $0 }
    }

    /// Takes a chunk from the last step to the first; the gates become their gradients.
    private static func goBack(
        _ trace: RecurrentTrace, _ gradient: Tensor, _ lastCell: Tensor?, _ chunk: RecurrentChunk, _ direction: Int,
        _ stateGradient: Tensor?, _ cellGradient: Tensor?
    ) {
        let plan = trace.plan, size = chunk.count * plan.hidden
        let carries = Tensor.zeros([2, size])
        let carry = carries.freshPointer, cellCarry = carry + size
        let place = (direction * plan.sequences + chunk.firstSequence) * plan.hidden
        if let lastCell { cellCarry.update(from: lastCell.pointer + place, count: size) }
        for step in (0..<plan.steps).reversed() {
            var values = trace.step(chunk, direction, step)
            let row = chunk.row(trace.position(direction, step))
            let above = gradient.pointer + row * plan.outputWidth + direction * plan.hidden
            let stride = chunk.rowStride * plan.outputWidth
            if plan.cell == .gru {
                ck_gru_backward(&values, above, stride, carry)
            } else {
                ck_lstm_backward(&values, above, stride, carry, cellCarry)
            }
            guard step > 0 || stateGradient != nil else { continue }
            serialProduct(
                m: chunk.count, n: plan.hidden, k: plan.hiddenWidth,
                MatrixOperand(
                    trace.hiddenGates(chunk, direction, step), stride: chunk.rowStride * plan.gateWidth),
                MatrixOperand(trace.hiddenWeights(direction), stride: plan.hidden), beta: 1, into: carry,
                stride: plan.hidden)
        }
        if let stateGradient { (stateGradient.freshPointer + place).update(from: carry, count: size) }
        if let cellGradient { (cellGradient.freshPointer + place).update(from: cellCarry, count: size) }
    }
}

/// Gradients of the packed weights, one part per region of rows, added in the order of the regions.
private struct WeightGradients: Sendable {
    let plan: RecurrentPlan
    let input: Tensor, hidden: Tensor, bias: Tensor

    typealias Product = (
        Int, Int, Int, MatrixOperand, MatrixOperand, Float, UnsafeMutablePointer<Float>, Int
    ) -> Void

    init(_ plan: RecurrentPlan, parts: Int) {
        self.plan = plan
        input = Tensor(uninitialized: [parts, plan.inputColumns.count, plan.inputs])
        hidden = .zeros([parts, plan.directions * plan.hiddenWidth, plan.hidden])
        bias = Tensor(uninitialized: [parts, plan.gateWidth])
    }

    /// The products over a region of rows whose gates hold gradients. Clears those of each sequence's first step.
    func add(
        _ trace: RecurrentTrace, _ region: Range<Int>, _ chunks: [RecurrentChunk], _ inputGradient: Tensor?, part: Int,
        product: Product
    ) {
        let columns = plan.inputColumns, width = plan.gateWidth
        let gates = trace.gates.pointer + region.lowerBound * width, inputGates = gates + columns.lowerBound
        let source = trace.input.pointer + region.lowerBound * plan.inputs
        ck_sum(gates, bias.freshPointer + part * width, region.count, width)
        product(
            columns.count, plan.inputs, region.count, MatrixOperand(inputGates, stride: width, transposed: true),
            MatrixOperand(source, stride: plan.inputs), 0,
            input.freshPointer + part * columns.count * plan.inputs, plan.inputs)
        if let inputGradient {
            product(
                region.count, plan.inputs, columns.count, MatrixOperand(inputGates, stride: width),
                MatrixOperand(trace.weights.input.pointer, stride: plan.inputs), 0,
                inputGradient.freshPointer + region.lowerBound * plan.inputs, plan.inputs)
        }
        for direction in 0..<plan.directions {
            let target = hidden.freshPointer
                + (part * plan.directions + direction) * plan.hiddenWidth * plan.hidden
            for chunk in chunks { takeFirstStep(trace, chunk, direction, target) }
            addHidden(trace, region, direction, target, product)
        }
    }

    /// The initial state's share, after which the first step's gradients are cleared: it has no row before it.
    private func takeFirstStep(
        _ trace: RecurrentTrace, _ chunk: RecurrentChunk, _ direction: Int, _ target: UnsafeMutablePointer<Float>
    ) {
        let gates = trace.hiddenGates(chunk, direction, 0), stride = chunk.rowStride * plan.gateWidth
        if let initial = trace.previousState(chunk, direction, 0) {
            serialProduct(
                m: plan.hiddenWidth, n: plan.hidden, k: chunk.count,
                MatrixOperand(gates, stride: stride, transposed: true),
                MatrixOperand(initial.pointer, stride: initial.stride), beta: 1, into: target, stride: plan.hidden)
        }
        for row in 0..<chunk.count { (gates + row * stride).update(repeating: 0, count: plan.hiddenWidth) }
    }

    /// One product of the gates with the states one step earlier, which lie `inner` rows away.
    private func addHidden(
        _ trace: RecurrentTrace, _ region: Range<Int>, _ direction: Int, _ target: UnsafeMutablePointer<Float>,
        _ product: Product
    ) {
        guard plan.steps > 1 else { return }
        let column = (4 * direction + plan.cell.hiddenColumn(direction)) * plan.hidden
        let first = region.lowerBound, later = first + plan.inner
        let gates = trace.gates.pointer + (direction == 0 ? later : first) * plan.gateWidth + column
        let states = trace.output.pointer + (direction == 0 ? first : later) * plan.outputWidth + direction * plan.hidden
        product(
            plan.hiddenWidth, plan.hidden, region.count - plan.inner,
            MatrixOperand(gates, stride: plan.gateWidth, transposed: true),
            MatrixOperand(states, stride: plan.outputWidth), 1, target, plan.hidden)
    }

    func unpacked() -> [Tensor] {
        PackedRecurrentWeights.unpacked(
            plan, input: input.sum(axes: [0]), hidden: hidden.sum(axes: [0]), bias: bias.sum(axes: [0]))
    }
}
