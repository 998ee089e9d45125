import NeuralCore
import TestSupport
import Testing

@Suite struct LocalAttentionTests {
    private func operands(positions: Int, window: Int) -> [Tensor] {
        var rng = Philox(seed: 4)
        let sources = positions + window - 1
        return [[3, positions, 5], [3, sources, 5], [3, sources, 2]].map { Tensor.gaussian($0, using: &rng) }
    }

    /// Everything outside the window hidden from attention over all positions.
    private func masked(_ x: [Tensor], window: Int) -> Tensor {
        let positions = x[0].shape[1], sources = x[1].shape[1]
        let mask = Tensor(shape: [positions, sources]) { buffer in
            for t in 0..<positions {
                for s in 0..<sources { buffer[t * sources + s] = (t..<t + window).contains(s) ? 0 : -.infinity }
            }
        }
        return scaledDotProductAttention(query: x[0], key: x[1], value: x[2], mask: mask)
    }

    /// Fewer positions than a block, more, and a window longer than the sequence.
    @Test(arguments: [(7, 3), (150, 10), (5, 90), (64, 1), (1, 4)]) func equalsMaskedAttention(_ positions: Int, _ window: Int) {
        let x = operands(positions: positions, window: window)
        func local(_ x: [Tensor]) -> Tensor { localAttention(query: x[0], key: x[1], value: x[2], window: window) }
        expectClose(local(x), masked(x, window: window), absolute: 2e-6)
        var rng = Philox(seed: 5)
        let cotangent = Tensor.gaussian(local(x).shape, using: &rng)
        let (_, own) = valueAndGradient(at: x) { (local($0) * cotangent).sum() }
        let (_, expected) = valueAndGradient(at: x) { (masked($0, window: window) * cotangent).sum() }
        for (a, b) in zip(own, expected) { expectClose(a, b, absolute: 2e-5) }
    }

    @Test func gradientsMatchCentralDifferences() {
        checkGradients(at: operands(positions: 6, window: 3), "local attention") {
            localAttention(query: $0[0], key: $0[1], value: $0[2], window: 3, scale: 0.7)
        }
    }
}
