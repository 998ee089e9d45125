import NeuralCore
import Synchronization
import Testing

@Suite(.serialized) struct ParallelForTests {
    @Test(arguments: [0, 1, 2, 3, 64, 1000]) func runsEveryIndexOnce(_ count: Int) {
        let hits = Mutex([Int](repeating: 0, count: count))
        for _ in 0..<20 { parallelFor(count) { index in hits.withLock { $0[index] += 1 } } }
        #expect(hits.withLock { $0.allSatisfy { $0 == 20 } })
    }

    @Test func nestsAndServesSeveralCallers() async {
        let sum = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    parallelFor(10) { _ in parallelFor(10) { sum.add($0) } }
                }
            }
        }
        #expect(sum.value == 8 * 10 * 45)
    }

    @Test func resultsDoNotDependOnTheThreadCount() {
        let threads = ComputeThreads.count
        defer { ComputeThreads.count = threads }
        let results = [1, 2, 5].map { count in
            ComputeThreads.count = count
            var rng = Philox(seed: 6)
            let x = Tensor.gaussian([300, 700], using: &rng), y = Tensor.gaussian([700, 300], using: &rng)
            let (value, gradient) = valueAndGradient(at: [x, y]) { square(tanh(matmul($0[0], $0[1]))).mean() }
            return [value] + gradient + [x.sum(axes: [0]), x.sum(axes: [1]), y.sum()] + Self.network(&rng)
        }
        #expect(results[0] == results[1])
        #expect(results[0] == results[2])
    }

    /// Loss and gradients of layers whose partial sums come from several threads.
    private static func network(_ rng: inout Philox) -> [Tensor] {
        let x = Tensor.gaussian([70, 12, 90, 16], using: &rng)
        let model = Stack(
            norm: LayerNorm(16), gru: GRU(inputSize: 16, hiddenSize: 8, bidirectional: true, using: &rng),
            lstm: LSTM(inputSize: 16, hiddenSize: 8, using: &rng), group: GroupNorm(groups: 3, channels: 12),
            linear: Linear(8, 16, using: &rng))
        let (loss, gradients) = valueAndGradient(of: model) { model in
            let bands = model.gru(model.norm(x), axis: 2)
            return square(model.linear(model.group(model.lstm(bands, axis: 1)))).mean()
        }
        return [loss] + gradients.tensors
    }
}

private struct Stack: Layer {
    var norm: LayerNorm, gru: GRU, lstm: LSTM, group: GroupNorm, linear: Linear

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("norm", &norm)
        try visitor.visit("gru", &gru)
        try visitor.visit("lstm", &lstm)
        try visitor.visit("group", &group)
        try visitor.visit("linear", &linear)
    }
}

private final class Counter: Sendable {
    private let sum = Atomic(0)
    var value: Int { sum.load(ordering: .relaxed) }
    func add(_ number: Int) { sum.wrappingAdd(number, ordering: .relaxed) }
}
