import NeuralCore
import TestSupport
import Testing

/// Attention in blocks against its parts: products and softmax of whole matrices.
@Suite struct AttentionTests {
    /// Shapes of query, key, value and mask: one block and several, several parts of one item, broadcast leading axes,
    /// broadcast masks.
    private static let shapes: [[[Int]]] = [
        [[2, 3, 7, 5], [2, 3, 9, 5], [2, 3, 9, 4]],
        [[300, 16], [150, 16], [150, 20], [300, 150]],
        [[20, 150, 8], [20, 70, 8], [20, 70, 8], [70]],
        [[2, 3, 140, 4], [3, 33, 4], [2, 1, 33, 6], [2, 1, 1, 33]],
        [[3, 1, 8], [3, 17, 8], [3, 17, 8], [1, 17]],
        [[2, 1, 6, 3], [6, 3], [6, 3], [4, 6, 6]],
    ]

    private func operands(_ shapes: [[Int]], seed: UInt64 = 4) -> [Tensor] {
        var rng = Philox(seed: seed)
        return shapes.map { Tensor.gaussian($0, using: &rng) }
    }

    private func attention(_ x: [Tensor], scale: Float? = nil) -> Tensor {
        scaledDotProductAttention(query: x[0], key: x[1], value: x[2], mask: x.count > 3 ? x[3] : nil, scale: scale)
    }

    private func composed(_ x: [Tensor], scale: Float) -> Tensor {
        let scores = matmul(x[0] * scale, x[1], transposeB: true)
        return matmul((x.count > 3 ? scores + x[3] : scores).softmax(axis: -1), x[2])
    }

    @Test(arguments: shapes) func equalsItsParts(_ shapes: [[Int]]) {
        let x = operands(shapes), scale = 1 / Float(shapes[0].last!).squareRoot(), expected = composed(x, scale: scale)
        expectClose(attention(x), expected, relativeL2: 1e-6)
        var rng = Philox(seed: 5)
        let cotangent = Tensor.gaussian(expected.shape, using: &rng)
        let (_, own) = valueAndGradient(at: x) { (attention($0) * cotangent).sum() }
        let (_, parts) = valueAndGradient(at: x) { (composed($0, scale: scale) * cotangent).sum() }
        for (a, b) in zip(own, parts) { expectClose(a, b, relativeL2: 1e-5) }
    }

    @Test(arguments: [shapes[0], shapes[3], shapes[5]]) func gradientsMatchCentralDifferences(_ shapes: [[Int]]) {
        checkGradients(at: operands(shapes), "attention") { attention($0, scale: 0.7) }
    }

    /// Only some of the operands have gradients.
    @Test(arguments: 0..<4) func oneGradient(_ wanted: Int) {
        let x = operands(Self.shapes[1])
        let (_, all) = valueAndGradient(at: x) { square(attention($0)).sum() }
        let (_, one) = valueAndGradient(at: [x[wanted]]) { own in
            square(attention(x.indices.map { $0 == wanted ? own[0] : x[$0] })).sum()
        }
        #expect(one[0] == all[wanted])
    }

    @Test func recordingLeavesTheValues() {
        let x = operands(Self.shapes[1]), plain = attention(x)
        var recorded: Tensor?
        _ = valueAndGradient(at: x) { x in
            let result = attention(x)
            recorded = result.detached
            return result.sum()
        }
        #expect(recorded == plain)
    }

    /// What -∞ hides may be anything.
    @Test func hiddenSourcesDoNotMatter() {
        var x = operands([[2, 40, 8], [2, 40, 8], [2, 40, 8]])
        let expected = attention(x + [causalMask(40)]).sliced(axis: 1, 0..<30)
        for index in 1...2 {
            x[index] = .concatenated([x[index].sliced(axis: 1, 0..<30), 1e4 * x[index].sliced(axis: 1, 30..<40)], axis: 1)
        }
        #expect(attention(x + [causalMask(40)]).sliced(axis: 1, 0..<30) == expected)
    }

    /// What all scores of a position have in common does not matter.
    @Test func maskOfOneColumn() {
        let x = operands(Self.shapes[0]), mask = operands([[3, 7, 1]])
        expectClose(attention(x + mask), attention(x), relativeL2: 1e-6)
    }

    /// The same numbers on any number of threads.
    @Test(arguments: shapes) func threads(_ shapes: [[Int]]) {
        let x = operands(shapes), before = ComputeThreads.count
        defer { ComputeThreads.count = before }
        let results = [1, 2, 5].map { count in
            ComputeThreads.count = count
            return [attention(x)] + valueAndGradient(at: x) { square(attention($0)).sum() }.1
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }
}
