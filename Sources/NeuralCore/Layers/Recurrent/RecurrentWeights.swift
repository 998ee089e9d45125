/// The parameters of one direction of one recurrent layer, with the gates stacked along the first axis.
public struct RecurrentWeights: Sendable {
    /// `[gates · hidden, inputs]`
    public var input: Tensor
    /// `[gates · hidden, hidden]`
    public var hidden: Tensor
    /// `[gates · hidden]`
    public var inputBias: Tensor
    public var hiddenBias: Tensor

    init(gates: Int, inputs: Int, hidden: Int, using rng: inout Philox) {
        let limit = 1 / Float(hidden).squareRoot(), range = -limit...limit
        input = .uniform([gates * hidden, inputs], in: range, using: &rng)
        self.hidden = .uniform([gates * hidden, hidden], in: range, using: &rng)
        inputBias = .uniform([gates * hidden], in: range, using: &rng)
        hiddenBias = .uniform([gates * hidden], in: range, using: &rng)
    }

    var tensors: [Tensor] { [input, hidden, inputBias, hiddenBias] }

    mutating func visit(_ visitor: inout some ParameterVisitor, suffix: String) throws {
        try visitor.visit("weight_ih_\(suffix)", &input)
        try visitor.visit("weight_hh_\(suffix)", &hidden)
        try visitor.visit("bias_ih_\(suffix)", &inputBias)
        try visitor.visit("bias_hh_\(suffix)", &hiddenBias)
    }
}

/// The weights of all directions in the order of the gates' columns.
struct PackedRecurrentWeights: Sendable {
    /// `[input columns, inputs]`
    let input: Tensor
    /// `[directions, hidden columns, hidden]`
    let hidden: Tensor
    /// `[gate width]`
    let bias: Tensor

    init(_ plan: RecurrentPlan, _ weights: [RecurrentWeights]) {
        let (cell, size) = (plan.cell, plan.hidden)
        func rows(_ tensor: Tensor, _ order: [Int]) -> [Tensor] {
            order.map { tensor.detached.sliced(axis: 0, $0 * size..<($0 + 1) * size) }
        }
        let directions = Array(weights.enumerated())
        input = .concatenated(directions.flatMap { rows($1.input, cell.inputOrder($0)) }, axis: 0)
        hidden = .concatenated(directions.flatMap { rows($1.hidden, cell.hiddenOrder($0)) }, axis: 0)
        bias = .concatenated(
            directions.flatMap { direction, weights in
                let inputBias = rows(weights.inputBias, cell.inputOrder(direction))
                let hiddenBias = rows(weights.hiddenBias, cell.hiddenOrder(direction))
                return (0..<4).map { column -> Tensor in
                    let fromInput = column - cell.inputColumn(direction)
                    let fromHidden = column - cell.hiddenColumn(direction)
                    guard inputBias.indices.contains(fromInput) else { return hiddenBias[fromHidden] }
                    guard hiddenBias.indices.contains(fromHidden) else { return inputBias[fromInput] }
                    return inputBias[fromInput] + hiddenBias[fromHidden]
                }
            }, axis: 0)
    }

    /// Gradients in the order of `RecurrentWeights.tensors` of each direction, from gradients in packed order.
    static func unpacked(_ plan: RecurrentPlan, input: Tensor, hidden: Tensor, bias: Tensor) -> [Tensor] {
        let (cell, size) = (plan.cell, plan.hidden)
        func rows(_ tensor: Tensor, first: Int, order: [Int]) -> Tensor {
            .concatenated(
                order.indices.map { gate in
                    let place = first + order.firstIndex(of: gate)!
                    return tensor.sliced(axis: 0, place * size..<(place + 1) * size)
                }, axis: 0)
        }
        return (0..<plan.directions).flatMap { direction in
            let (inputOrder, hiddenOrder) = (cell.inputOrder(direction), cell.hiddenOrder(direction))
            let first = direction * cell.gates
            return [
                rows(input, first: first, order: inputOrder), rows(hidden, first: first, order: hiddenOrder),
                rows(bias, first: 4 * direction + cell.inputColumn(direction), order: inputOrder),
                rows(bias, first: 4 * direction + cell.hiddenColumn(direction), order: hiddenOrder),
            ]
        }
    }
}
