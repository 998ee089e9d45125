import NeuralCore
import TestSupport
import Testing

/// Every operation against central differences, to 0.5% of the largest derivative.
@Suite struct GradientTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let inputs: [Tensor]
        let body: @Sendable ([Tensor]) -> Tensor
        var testDescription: String { name }

        init(_ name: String, _ inputs: [Tensor], _ body: @escaping @Sendable ([Tensor]) -> Tensor) {
            (self.name, self.inputs, self.body) = (name, inputs, body)
        }
    }

    /// Values away from zero, where some functions have a corner.
    static func draw(_ shape: [Int], seed: UInt64 = 1) -> Tensor {
        var rng = Philox(seed: seed)
        let values = Tensor.gaussian(shape, using: &rng).values.map { $0 + ($0 < 0 ? -0.1 : 0.1) }
        return Tensor(values, shape: shape)
    }
    static func positive(_ shape: [Int], seed: UInt64 = 2) -> Tensor {
        Tensor(draw(shape, seed: seed).values.map { Swift.abs($0) + 0.5 }, shape: shape)
    }

    static let unary: [Case] = [
        Case("negate", [draw([3, 5])]) { -$0[0] },
        Case("add a number", [draw([3, 5])]) { 1.5 + $0[0] - 0.5 },
        Case("subtract from a number", [draw([3, 5])]) { 1.5 - $0[0] },
        Case("multiply by a number", [draw([3, 5])]) { 2 * $0[0] * 1.5 },
        Case("divide by a number", [draw([3, 5])]) { $0[0] / 3 },
        Case("divide a number", [positive([3, 5])]) { 3 / $0[0] },
        Case("exp", [draw([3, 5])]) { exp($0[0]) },
        Case("log", [positive([3, 5])]) { log($0[0]) },
        Case("sin", [draw([3, 5])]) { sin($0[0]) },
        Case("cos", [draw([3, 5])]) { cos($0[0]) },
        Case("tanh", [draw([3, 5])]) { tanh($0[0]) },
        Case("sigmoid", [draw([3, 5])]) { sigmoid($0[0]) },
        Case("relu", [draw([3, 5])]) { relu($0[0]) },
        Case("leakyReLU", [draw([3, 5])]) { leakyReLU($0[0], slope: 0.2) },
        Case("elu", [draw([3, 5])]) { elu($0[0], alpha: 0.7) },
        Case("silu", [draw([3, 5])]) { silu($0[0]) },
        Case("gelu", [draw([3, 5])]) { gelu($0[0]) },
        Case("softplus", [draw([3, 5])]) { softplus($0[0]) },
        Case("sqrt", [positive([3, 5])]) { sqrt($0[0]) },
        Case("square", [draw([3, 5])]) { square($0[0]) },
        Case("abs", [draw([3, 5])]) { abs($0[0]) },
        Case("power", [positive([3, 5])]) { power($0[0], 1.7) },
        Case("clamp", [draw([3, 5])]) { clamp($0[0], to: -0.85...0.85) },
    ]

    static let binary: [Case] = {
        let shapes: [([Int], [Int])] = [
            ([3, 5], [3, 5]), ([3, 5], [5]), ([3, 5], [3, 1]), ([2, 3, 4], [3, 1]), ([2, 1, 4], [3, 1]), ([4], []),
            ([2, 3, 2, 4], [2, 1, 2, 1]),
        ]
        return shapes.flatMap { a, b in
            let (x, y) = (draw(a, seed: 3), positive(b, seed: 4))
            return [
                Case("\(a) + \(b)", [x, y]) { $0[0] + $0[1] },
                Case("\(a) - \(b)", [x, y]) { $0[0] - $0[1] },
                Case("\(b) - \(a)", [x, y]) { $0[1] - $0[0] },
                Case("\(a) * \(b)", [x, y]) { $0[0] * $0[1] },
                Case("\(a) / \(b)", [x, y]) { $0[0] / $0[1] },
                Case("maximum \(a) \(b)", [x, y]) { maximum($0[0], $0[1]) },
                Case("minimum \(a) \(b)", [x, y]) { minimum($0[0], $0[1]) },
            ]
        }
    }()

    static let shaping: [Case] = [
        Case("reshaped", [draw([3, 4])]) { $0[0].reshaped([2, -1]) },
        Case("transposed", [draw([2, 3, 4])]) { $0[0].transposed([2, 0, 1]) },
        Case("transposed pair", [draw([3, 4])]) { $0[0].transposed([1, 0]) },
        Case("expanded and squeezed", [draw([3, 4])]) { $0[0].expanded(at: 1).squeezed(at: 1).expanded(at: -1) },
        Case("broadcast", [draw([3, 1])]) { $0[0].broadcast(to: [2, 3, 4]) },
        Case("sliced", [draw([3, 6, 2])]) { $0[0].sliced(axis: 1, 2..<5) },
        Case("sliced twice", [draw([3, 6, 2])]) { $0[0].sliced(axis: 1, 2..<5) * $0[0].sliced(axis: 1, 1..<4) },
        Case("split", [draw([3, 6])]) { x in
            let parts = x[0].split(axis: 1, sizes: [2, 3, 1])
            return Tensor.concatenated([square(parts[2]), parts[0] * 2], axis: -1)
        },
        Case("concatenated", [draw([2, 3]), draw([2, 2])]) { Tensor.concatenated([$0[0], $0[1], $0[0]], axis: 1) },
        Case("stacked", [draw([2, 3]), draw([2, 3], seed: 8)]) { Tensor.stacked($0, axis: 1) },
        Case("padded", [draw([2, 3])]) { $0[0].padded([(1, 0), (2, 1)], value: 3) },
        Case("gathered", [draw([2, 4, 2])]) { $0[0].gathered(axis: 1, indices: [3, 0, 3]) },
    ]

    static let reductions: [Case] = [
        Case("sum", [draw([2, 3, 4])]) { $0[0].sum() },
        Case("sum over the middle", [draw([2, 3, 4])]) { $0[0].sum(axes: [1]) },
        Case("sum over the ends", [draw([2, 3, 4])]) { $0[0].sum(axes: [0, -1], keepingDimensions: true) },
        Case("mean", [draw([2, 3, 4])]) { $0[0].mean(axes: [2]) },
        Case("max", [draw([2, 3, 4])]) { $0[0].max(axes: [1]) },
        Case("softmax", [draw([3, 5])]) { $0[0].softmax() },
        Case("softmax along the first axis", [draw([3, 5])]) { $0[0].softmax(axis: 0) },
        Case("logSoftmax", [draw([3, 5])]) { $0[0].logSoftmax() },
    ]

    static let products: [Case] = [
        Case("matmul", [draw([3, 4]), draw([4, 2])]) { matmul($0[0], $0[1]) },
        Case("matmul AᵀB", [draw([4, 3]), draw([4, 2])]) { matmul($0[0], $0[1], transposeA: true) },
        Case("matmul ABᵀ", [draw([3, 4]), draw([2, 4])]) { matmul($0[0], $0[1], transposeB: true) },
        Case("matmul AᵀBᵀ", [draw([4, 3]), draw([2, 4])]) {
            matmul($0[0], $0[1], transposeA: true, transposeB: true)
        },
        Case("matmul batch by matrix", [draw([2, 3, 4]), draw([4, 2])]) { matmul($0[0], $0[1]) },
        Case("matmul batch by matrixᵀ", [draw([2, 3, 4]), draw([2, 4])]) { matmul($0[0], $0[1], transposeB: true) },
        Case("matmul batchᵀ by matrix", [draw([2, 4, 3]), draw([4, 2])]) { matmul($0[0], $0[1], transposeA: true) },
        Case("matmul broadcast batches", [draw([2, 1, 3, 4]), draw([3, 4, 2])]) { matmul($0[0], $0[1]) },
        Case("matmul AᵀBᵀ batches", [draw([2, 4, 3]), draw([2, 2, 4])]) {
            matmul($0[0], $0[1], transposeA: true, transposeB: true)
        },
        Case("linear", [draw([2, 3, 4]), draw([5, 4]), draw([5])]) { linear($0[0], weight: $0[1], bias: $0[2]) },
    ]

    @Test(arguments: unary + binary + shaping + reductions + products)
    func matchesCentralDifferences(_ item: Case) {
        checkGradients(at: item.inputs, item.name, item.body)
    }

    @Test func sharedInputsAddUp() {
        let x = Tensor([2, 3], shape: [2])
        let (_, gradient) = valueAndGradient(at: [x]) { x in (x[0] * x[0] + x[0]).sum() }
        #expect(gradient[0] == Tensor([5, 7], shape: [2]))
    }

    @Test func nothingIsRecordedWithoutParameters() {
        let y = exp(Tensor.ones([4])) + 1
        #expect(!y.requiresGradient)
    }

    @Test func deepGraphsNeitherOverflowTheStackForwardNorBackward() {
        let depth = 200_000
        let (value, gradient) = valueAndGradient(at: [Tensor(scalar: 1)]) { x in
            var y = x[0]
            for _ in 0..<depth { y = y + 1 }
            return y
        }
        #expect(value.item == Float(depth + 1))
        #expect(gradient[0].item == 1)
        _ = valueAndGradient(at: [Tensor(scalar: 1)]) { x in
            var unused = x[0]
            for _ in 0..<depth { unused = unused + 1 }
            return x[0] * 2
        }
    }
}
