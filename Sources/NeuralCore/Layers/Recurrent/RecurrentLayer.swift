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

    /// The output and the states and cells after the last step, `[layers · directions, sequences, hidden]`.
    func run(
        _ input: Tensor, axis: Int, initialState: Tensor?, initialCell: Tensor?
    ) -> (output: Tensor, state: Tensor, cell: Tensor?) {
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
            let trace = RecurrentTrace(
                plan, own, input: current, initialState: slice(initialState, range, plan),
                initialCell: slice(initialCell, range, plan))
            trace.run()
            states.append(trace.final(trace.output))
            if let last = trace.cells { cells.append(trace.final(last)) }
            var shape = input.shape
            shape[shape.count - 1] = plan.outputWidth
            let needsInput = current.requiresGradient
            let value = Tensor(storage: trace.output.storage, shape: shape)
            current = Tensor.recorded(value, from: [current] + own.flatMap(\.tensors)) { gradient in
                let result = RecurrentBackward(trace: trace, gradient: gradient, needsInput: needsInput).run()
                return Array(result[...(own.count * 4)])
            }
        }
        return (current, .concatenated(states, axis: 0), cells.isEmpty ? nil : .concatenated(cells, axis: 0))
    }

    private func slice(_ state: Tensor?, _ range: Range<Int>, _ plan: RecurrentPlan) -> Tensor? {
        guard let state else { return nil }
        precondition(
            state.shape == [layers * directions, plan.sequences, hidden],
            "a state of shape \(state.shape) for \(plan.sequences) sequences")
        return state.detached.sliced(axis: 0, range)
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        for index in weights.indices {
            let suffix = "l\(index / directions)" + (index % directions == 1 ? "_reverse" : "")
            try weights[index].visit(&visitor, suffix: suffix)
        }
    }
}
