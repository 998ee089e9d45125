import NeuralCore
import TestSupport
import Testing

@Suite struct RecurrentTests {
    static func input(_ shape: [Int], seed: UInt64 = 5) -> Tensor {
        var rng = Philox(seed: seed)
        return .gaussian(shape, using: &rng)
    }

    static func gru(bidirectional: Bool = true, layers: Int = 1) -> GRU {
        var rng = Philox(seed: 2)
        return GRU(inputSize: 6, hiddenSize: 5, layers: layers, bidirectional: bidirectional, using: &rng)
    }

    static func lstm(bidirectional: Bool = true, layers: Int = 1) -> LSTM {
        var rng = Philox(seed: 2)
        return LSTM(inputSize: 6, hiddenSize: 5, layers: layers, bidirectional: bidirectional, using: &rng)
    }

    /// Any axis gives the numbers, and the gradients, of a transposed input. The widths cover several chunks, chunks
    /// that lie in one piece and chunks that do not.
    @Test(arguments: [[4, 7, 3, 6], [2, 5, 70, 6], [40, 7, 1, 6]]) func axesAreInterchangeable(_ shape: [Int]) {
        let layer = Self.gru(), cell = Self.lstm(), x = Self.input(shape), order = [0, 2, 1, 3]
        for run in [{ @Sendable (x: Tensor, axis: Int) in layer(x, axis: axis) }, { cell($0, axis: $1) }] {
            let weights = Self.input(run(x, 1).shape, seed: 6)
            let (_, direct) = valueAndGradient(at: [x]) { (run($0[0], 1) * weights).sum() }
            let (_, turned) = valueAndGradient(at: [x]) { x in
                (run(x[0].transposed(order), 2).transposed(order) * weights).sum()
            }
            expectClose(run(x, 1), run(x.transposed(order), 2).transposed(order), absolute: 2e-6)
            expectClose(direct[0], turned[0], absolute: 2e-5)
        }
        let weights = Self.input(layer(x, axis: 1).shape, seed: 6)
        let (_, direct) = valueAndGradient(of: layer) { ($0(x, axis: 1) * weights).sum() }
        let (_, turned) = valueAndGradient(of: layer) { layer in
            (layer(x.transposed(order), axis: 2).transposed(order) * weights).sum()
        }
        for (a, b) in zip(direct.tensors, turned.tensors) { expectClose(a, b, relativeL2: 1e-4) }
    }

    @Test(arguments: [1, 2, 3, 10]) func chunksOfStepsEqualTheWhole(_ chunk: Int) {
        let x = Self.input([3, 10, 6])
        let gru = Self.gru(bidirectional: false, layers: 2), lstm = Self.lstm(bidirectional: false, layers: 2)
        var state: Tensor?, cell: LSTM.State?
        var pieces: [Tensor] = [], cellPieces: [Tensor] = []
        for start in stride(from: 0, to: 10, by: chunk) {
            let part = x.sliced(axis: 1, start..<min(10, start + chunk))
            pieces.append(gru(part, state: &state))
            cellPieces.append(lstm(part, state: &cell))
        }
        expectClose(Tensor.concatenated(pieces, axis: 1), gru(x), absolute: 1e-6)
        expectClose(Tensor.concatenated(cellPieces, axis: 1), lstm(x), absolute: 1e-6)
    }

    /// Through the states given and through those returned, over several calls.
    @Test func gradientsPassThroughStates() {
        let gru = Self.gru(bidirectional: false, layers: 2), lstm = Self.lstm(bidirectional: false, layers: 2)
        let x = Self.input([3, 4, 6]), start = Self.input([2, 3, 5], seed: 7), cell = Self.input([2, 3, 5], seed: 8)
        func pieces(_ x: Tensor) -> [Tensor] { x.split(axis: 1, sizes: [3, 1]) }
        checkGradients(at: [x, start], "GRU") { inputs in
            var state: Tensor? = inputs[1]
            let outputs = pieces(inputs[0]).map { gru($0, state: &state).reshaped([-1]) }
            return .concatenated(outputs + [state!.reshaped([-1])], axis: 0)
        }
        checkGradients(at: [x, start, cell], "LSTM") { inputs in
            var state: LSTM.State? = LSTM.State(hidden: inputs[1], cell: inputs[2])
            let outputs = pieces(inputs[0]).map { lstm($0, state: &state).reshaped([-1]) }
            return .concatenated(outputs + [state!.hidden.reshaped([-1]), state!.cell.reshaped([-1])], axis: 0)
        }
    }

    /// Sizes whose weights are packed: the numbers of few sequences at a time, whose weights are not, for any axis.
    @Test(arguments: [[40, 9, 1, 6], [3, 60, 1, 6], [2, 9, 70, 6], [2, 90, 3, 6]]) func packedWeights(_ shape: [Int]) {
        var rng = Philox(seed: 2)
        let gru = GRU(inputSize: 6, hiddenSize: 16, bidirectional: true, using: &rng)
        let lstm = LSTM(inputSize: 6, hiddenSize: 8, bidirectional: true, using: &rng)
        let x = Self.input(shape)
        for run in [{ @Sendable (x: Tensor) in gru(x, axis: 1) }, { lstm($0, axis: 1) }] {
            let parts = (0..<shape[0]).flatMap { item in
                (0..<shape[2]).map { run(x.sliced(axis: 0, item..<item + 1).sliced(axis: 2, $0..<$0 + 1)) }
            }
            let rows = (0..<shape[0]).map { item in
                Tensor.concatenated(Array(parts[item * shape[2]..<(item + 1) * shape[2]]), axis: 2)
            }
            expectClose(run(x), .concatenated(rows, axis: 0), absolute: 2e-6)
        }
    }

    /// The same numbers on any number of threads.
    @Test func threads() {
        var rng = Philox(seed: 2)
        let gru = GRU(inputSize: 6, hiddenSize: 16, using: &rng), lstm = LSTM(inputSize: 6, hiddenSize: 12, using: &rng)
        let x = Self.input([97, 5, 6]), before = ComputeThreads.count
        defer { ComputeThreads.count = before }
        let results = [1, 2, 5].map { count in
            ComputeThreads.count = count
            return [gru(x), lstm(x)] + valueAndGradient(at: [x]) { (gru($0[0]).sum() + lstm($0[0]).sum()) }.1
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    @Test func gradientsMatchCentralDifferences() {
        let x = Self.input([3, 4, 2, 6])
        let gru = Self.gru(layers: 2), lstm = Self.lstm(layers: 2)
        checkGradients(at: [x], "GRU") { gru($0[0], axis: 1) }
        checkGradients(at: [x], "LSTM") { lstm($0[0], axis: 1) }
        func moved<L: Layer>(_ layer: L, _ run: @escaping (L) -> Tensor) {
            let parameters = layer.namedParameters().map(\.1)
            checkGradients(at: parameters, "\(L.self)") { values in
                var copy = layer, replacer = Replacer(values: values)
                try? copy.visitParameters(&replacer)
                return run(copy)
            }
        }
        moved(gru) { $0(x, axis: 1) }
        moved(lstm) { $0(x, axis: 1) }
    }

    /// The state that is handed over enters the weights' gradients as well.
    @Test func weightsLearnFromAGivenState() {
        let x = Self.input([2, 3, 6]), gru = Self.gru(), lstm = Self.lstm()
        let given = Self.input([2, 2, 5], seed: 8)
        checkGradients(at: gru.namedParameters().map(\.1), "GRU") { values in
            var copy = gru, replacer = Replacer(values: values), state: Tensor? = given
            try? copy.visitParameters(&replacer)
            return copy(x, state: &state)
        }
        checkGradients(at: lstm.namedParameters().map(\.1), "LSTM") { values in
            var copy = lstm, replacer = Replacer(values: values)
            var state: LSTM.State? = LSTM.State(hidden: given, cell: given * 0.5)
            try? copy.visitParameters(&replacer)
            return copy(x, state: &state)
        }
    }
}

/// Puts tensors in the place of the parameters, in visiting order.
struct Replacer: ParameterVisitor {
    var path = ""
    let values: [Tensor]
    var next = 0

    init(values: [Tensor]) { self.values = values }

    mutating func visit(_ name: String, _ parameter: inout Tensor) {
        parameter = values[next]
        next += 1
    }

    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
}
