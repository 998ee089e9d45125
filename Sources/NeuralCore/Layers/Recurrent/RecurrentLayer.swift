/// One or more layers of recurrent cells, each in one direction or both.
struct RecurrentLayer: Sendable {
    let cell: RecurrentCell
    let inputs: Int
    let hidden: Int
    let layers: Int
    let directions: Int
    /// Layer by layer, the forward direction before the reverse one.
    var weights: [RecurrentWeights]

    init(
        _ cell: RecurrentCell, inputs: Int, hidden: Int, layers: Int, bidirectional: Bool, using rng: inout Philox
    ) {
        precondition(inputs > 0 && hidden > 0 && layers > 0, "sizes of a recurrent layer must be positive")
        (self.cell, self.inputs, self.hidden, self.layers) = (cell, inputs, hidden, layers)
        directions = bidirectional ? 2 : 1
        weights = []
        for layer in 0..<layers {
            for _ in 0..<directions {
                weights.append(
                    RecurrentWeights(
                        gates: cell.gates, inputs: layer == 0 ? inputs : hidden * directions, hidden: hidden,
                        using: &rng))
            }
        }
    }

    /// The output and, where they are kept, the states and cells after the last step,
    /// `[layers · directions, sequences, hidden]`.
    func run(
        _ input: Tensor, axis: Int, initialState: Tensor? = nil, initialCell: Tensor? = nil, keepsState: Bool = false
    ) -> (output: Tensor, state: Tensor?, cell: Tensor?) {
        precondition(input.rank >= 2 && input.shape.last == inputs, "\(input.shape) does not end in \(inputs) features")
        let axis = input.shape.resolved(axis: axis)
        precondition(axis < input.rank - 1, "a recurrent layer cannot run over its features")
        precondition(input.shape[axis] > 0, "a recurrent layer needs at least one step: \(input.shape)")
        var current = input, states: [Tensor] = [], cells: [Tensor] = []
        for layer in 0..<layers {
            let plan = RecurrentPlan(
                cell: cell, directions: directions, hidden: hidden, inputs: current.shape[current.rank - 1],
                outer: input.shape[..<axis].reduce(1, *), steps: input.shape[axis],
                inner: input.shape[(axis + 1)..<(input.rank - 1)].reduce(1, *))
            let own = Array(weights[layer * directions..<(layer + 1) * directions])
            let range = layer * directions..<(layer + 1) * directions
            let initial = [initialState, initialCell].map { slice($0, range, plan) }
            let operands = [current] + own.flatMap(\.tensors) + initial.compactMap { $0 }
            let trace = RecurrentTrace(
                plan, own, input: current, initialState: initial[0], initialCell: initial[1],
                keepsGates: operands.contains(where: \.requiresGradient))
            trace.run()
            let result = record(trace, from: operands, keepsState: keepsState)
            var shape = input.shape
            shape[shape.count - 1] = plan.outputWidth
            current = result.output.reshaped(shape)
            guard keepsState else { continue }
            states.append(trace.final(result.output))
            if let cell = result.cell { cells.append(cell) }
        }
        guard keepsState else { return (current, nil, nil) }
        return (current, .concatenated(states, axis: 0), cells.isEmpty ? nil : .concatenated(cells, axis: 0))
    }

    /// Enters a run into the gradient graph. Where the state is kept, output and last cells are one recorded tensor, so
    /// that the gradients of both arrive together.
    private func record(
        _ trace: RecurrentTrace, from operands: [Tensor], keepsState: Bool
    ) -> (output: Tensor, cell: Tensor?) {
        let needsInput = operands[0].requiresGradient, output = trace.output
        let cell = keepsState ? trace.cells.map(trace.final) : nil
        guard let cell, operands.contains(where: \.requiresGradient) else {
            let recorded = Tensor.recorded(output, from: operands) { gradient in
                RecurrentBackward(trace: trace, gradient: gradient, needsInput: needsInput).run()
            }
            return (recorded, cell)
        }
        let joined = Tensor.concatenated([output.reshaped([-1]), cell.reshaped([-1])], axis: 0)
        let recorded = Tensor.recorded(joined, from: operands) { [count = output.count, cellShape = cell.shape] gradient in
            let parts = gradient.split(axis: 0, sizes: [count, gradient.count - count])
            return RecurrentBackward(
                trace: trace, gradient: parts[0], lastCellGradient: parts[1].reshaped(cellShape), needsInput: needsInput
            ).run()
        }
        let parts = recorded.split(axis: 0, sizes: [output.count, cell.count])
        return (parts[0].reshaped(output.shape), parts[1].reshaped(cell.shape))
    }

    private func slice(_ state: Tensor?, _ range: Range<Int>, _ plan: RecurrentPlan) -> Tensor? {
        guard let state else { return nil }
        precondition(
            state.shape == [layers * directions, plan.sequences, hidden],
            "a state of shape \(state.shape) for \(plan.sequences) sequences")
        return state.sliced(axis: 0, range)
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        for index in weights.indices {
            let suffix = "l\(index / directions)" + (index % directions == 1 ? "_reverse" : "")
            try weights[index].visit(&visitor, suffix: suffix)
        }
    }
}
