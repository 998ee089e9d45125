import Foundation
import NeuralCore
import TestSupport
import Testing

@Suite struct TensorTests {
    static func counting(_ shape: [Int]) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map(Float.init), shape: shape)
    }

    @Test func copiesAreIndependent() {
        let a = Tensor.zeros([3])
        var b = a
        b.withUnsafeMutableBuffer { $0[1] = 5 }
        #expect(a.values == [0, 0, 0])
        #expect(b.values == [0, 5, 0])
    }

    @Test func scalarsHaveNoAxes() {
        let scalar = Tensor(scalar: 2)
        #expect(scalar.shape == [] && scalar.count == 1 && scalar.item == 2)
        #expect((scalar * Tensor.ones([2, 2])).values == [2, 2, 2, 2])
    }

    @Test(arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [0, 2, 1, 3], [0, 3, 1, 2], [1, 0, 3, 2], [2, 3, 0, 1]])
    func transposesLikeTheDefinition(_ permutation: [Int]) {
        let shape = [3, 20, 5, 33], x = Self.counting(shape), y = x.transposed(permutation)
        #expect(y.shape == permutation.map { shape[$0] })
        var rng = Philox(seed: 1)
        for _ in 0..<200 {
            let index = shape.map { rng.nextInt(below: $0) }
            let place = permutation.map { index[$0] }
            #expect(y.values[offset(place, y.shape)] == x.values[offset(index, shape)])
        }
    }

    private func offset(_ index: [Int], _ shape: [Int]) -> Int {
        zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
    }

    @Test func broadcastsLikeTheDefinition() {
        let a = Self.counting([2, 1, 3]), b = Self.counting([4, 1])
        let sum = a + b
        #expect(sum.shape == [2, 4, 3])
        for i in 0..<2 {
            for j in 0..<4 {
                for k in 0..<3 { #expect(sum.values[(i * 4 + j) * 3 + k] == Float(i * 3 + k + j)) }
            }
        }
    }

    @Test func largeBroadcastsAgreeWithSmallOnes() {
        var rng = Philox(seed: 2)
        let x = Tensor.gaussian([7, 131, 67], using: &rng)
        for shape in [[67], [131, 1], [7, 1, 1], [7, 1, 67], [1]] {
            let y = Tensor.gaussian(shape, using: &rng)
            expectClose(x * y, x * y.broadcast(to: x.shape), absolute: 0)
        }
        expectClose(x.sum(axes: [0]), matmul(.ones([1, 7]), x.reshaped([7, -1])).reshaped([131, 67]), absolute: 1e-5)
    }

    @Test func reductionsAreAccurate() {
        var rng = Philox(seed: 3)
        let x = Tensor.uniform([400_000], in: 0...1, using: &rng)
        let exact = x.values.reduce(0.0) { $0 + Double($1) }
        #expect(abs(Double(x.sum().item) - exact) < 1e-6 * exact)
        #expect(abs(Double(x.reshaped([100_000, 4]).sum(axes: [0]).sum().item) - exact) < 1e-6 * exact)
        #expect(x.max().item == x.values.max()!)
    }

    @Test func emptyAxesWork() {
        let empty = Tensor.zeros([0, 3])
        #expect((empty + 1).count == 0)
        #expect(empty.sum(axes: [0]).values == [0, 0, 0])
        #expect(Tensor.concatenated([empty, .ones([1, 3])], axis: 0).shape == [1, 3])
        #expect(matmul(.zeros([2, 0]), .zeros([0, 2])).values == [0, 0, 0, 0])
    }

    @Test func notANumberSpreads() {
        let x = Tensor([.nan, 1], shape: [2])
        for y in [relu(x), x.max(), maximum(x, .zeros([2])), clamp(x, to: 0...1), silu(x), tanh(x)] {
            #expect(y.values[0].isNaN)
        }
    }

    struct Function: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let ours: @Sendable (Tensor) -> Tensor
        let exact: @Sendable (Double) -> Double
    }

    static let functions = [
        Function(testDescription: "exp", ours: { exp($0) }, exact: { Foundation.exp($0) }),
        Function(testDescription: "tanh", ours: { tanh($0) }, exact: { Foundation.tanh($0) }),
        Function(testDescription: "sigmoid", ours: { sigmoid($0) }, exact: { 1 / (1 + Foundation.exp(-$0)) }),
        Function(testDescription: "silu", ours: { silu($0) }, exact: { $0 / (1 + Foundation.exp(-$0)) }),
    ]

    @Test(arguments: functions) func transcendentalsAreAccurateTo3e7(_ function: Function) {
        let x = Tensor((-8600...8600).map { Float($0) * 0.01 }, shape: [17_201])
        for (value, result) in zip(x.values, function.ours(x).values) {
            let exact = function.exact(Double(value))
            let error = abs(Double(result) - exact), limit = 3e-7 * abs(exact) + 1e-37
            #expect(error <= limit, "\(value): \(result) instead of \(exact)")
        }
        #expect(exp(Tensor([1000, -1000, .infinity, -.infinity], shape: [4])).values == [.infinity, 0, .infinity, 0])
        #expect(tanh(Tensor([1000, -1000, .infinity], shape: [3])).values == [1, -1, 1])
    }
}
