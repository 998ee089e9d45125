import CKernels

/// The weights of a forward pass in the order that `ck_packed_rows` reads, for sizes whose columns fill whole panels.
struct RecurrentPanels: Sendable {
    private let plan: RecurrentPlan
    /// `[directions, panels, depth, CK_PANEL]`
    private let input: Tensor, hidden: Tensor
    private let bias: Tensor, zeros: Tensor

    /// Columns that fill panels, and rows enough for packing to pay.
    private static func suit(_ plan: RecurrentPlan) -> Bool {
        plan.hiddenWidth.isMultiple(of: Int(CK_PANEL)) && plan.rows >= 128
    }

    /// Whether the input's part is made for one step after the other, so that the gates of a step stay in the caches;
    /// a few rows are not worth a product of their own.
    static func goStepByStep(_ plan: RecurrentPlan) -> Bool { suit(plan) && plan.smallestChunk >= 6 }

    init?(_ plan: RecurrentPlan, _ weights: PackedRecurrentWeights) {
        guard Self.suit(plan) else { return nil }
        self.plan = plan
        input = Self.packed(weights.input, depth: plan.inputs)
        hidden = Self.packed(weights.hidden, depth: plan.hidden)
        (bias, zeros) = (weights.bias, .zeros([plan.hiddenWidth]))
    }

    private static func packed(_ weights: Tensor, depth: Int) -> Tensor {
        let result = Tensor(uninitialized: [weights.count]), source = weights.pointer
        PackedProduct.pack(depth: depth, columns: weights.count / depth, into: result.freshPointer) { source[$1 * depth + $0] }
        return result
    }

    /// Writes the input's part of the gates of one direction, and the biases; `gates` begins with its four columns.
    func writeInput(
        _ direction: Int, _ x: UnsafePointer<Float>, stride: Int, rows: Int, into gates: UnsafeMutablePointer<Float>,
        stride gateStride: Int
    ) {
        let column = plan.cell.inputColumn(direction) * plan.hidden, bias = bias.pointer + 4 * direction * plan.hidden
        var product = ck_packed_product(
            packed: input.pointer + direction * plan.hiddenWidth * plan.inputs, bias: bias + column, slopes: nil,
            depth: plan.inputs, columns: plan.hiddenWidth)
        ck_packed_rows(&product, x, stride, rows, gates + column, gateStride, 0)
        guard plan.cell == .gru else { return }
        let other = (direction == 0 ? 0 : 3) * plan.hidden
        ck_copy_rows(bias + other, 0, gates + other, gateStride, rows, plan.hidden)
    }

    /// Adds the hidden state's part.
    func addHidden(
        _ direction: Int, _ state: UnsafePointer<Float>, stride: Int, rows: Int, into gates: UnsafeMutablePointer<Float>,
        stride gateStride: Int
    ) {
        var product = ck_packed_product(
            packed: hidden.pointer + direction * plan.hiddenWidth * plan.hidden, bias: zeros.pointer, slopes: nil,
            depth: plan.hidden, columns: plan.hiddenWidth)
        ck_packed_rows(
            &product, state, stride, rows, gates + plan.cell.hiddenColumn(direction) * plan.hidden, gateStride, 1)
    }
}

extension RecurrentTrace {
    /// Takes a chunk through all steps.
    func run(_ chunk: RecurrentChunk, with panels: RecurrentPanels) {
        let isStepByStep = RecurrentPanels.goStepByStep(plan), width = 4 * plan.hidden
        let scratch = Tensor(uninitialized: [gates.count == 0 ? chunk.count : 0, width])
        defer { withExtendedLifetime(scratch) {} }
        for direction in 0..<plan.directions {
            if !isStepByStep, let region = chunk.region {
                panels.writeInput(
                    direction, input.pointer + region.lowerBound * plan.inputs, stride: plan.inputs, rows: region.count,
                    into: gates.freshPointer + region.lowerBound * plan.gateWidth + direction * width, stride: plan.gateWidth)
            }
            for step in 0..<plan.steps {
                let row = chunk.row(position(direction, step))
                let own = gates.count == 0
                    ? GateRows(pointer: scratch.freshPointer, stride: width) : gateRows(chunk, direction, row: row)
                if isStepByStep {
                    panels.writeInput(
                        direction, input.pointer + row * plan.inputs, stride: chunk.rowStride * plan.inputs, rows: chunk.count,
                        into: own.pointer, stride: own.stride)
                }
                if let previous = previousState(chunk, direction, step) {
                    panels.addHidden(
                        direction, previous.pointer, stride: previous.stride, rows: chunk.count, into: own.pointer,
                        stride: own.stride)
                }
                finish(chunk, direction, step, own)
            }
        }
    }
}
