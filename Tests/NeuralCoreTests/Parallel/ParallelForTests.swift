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
            return [value] + gradient + [x.sum(axes: [0]), x.sum(axes: [1]), y.sum()]
        }
        #expect(results[0] == results[1])
        #expect(results[0] == results[2])
    }
}

private final class Counter: Sendable {
    private let sum = Atomic(0)
    var value: Int { sum.load(ordering: .relaxed) }
    func add(_ number: Int) { sum.wrappingAdd(number, ordering: .relaxed) }
}
