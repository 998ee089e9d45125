import NeuralCore
import TestSupport
import Testing

@Suite struct UnfoldingTests {
    @Test func stretchesHoldNeighbours() {
        let x = Tensor((0..<24).map(Float.init), shape: [2, 4, 3])
        let y = x.unfolded(axis: 1, kernel: 2)
        #expect(y.shape == [2, 3, 6])
        #expect(y.sliced(axis: 0, 0..<1).sliced(axis: 1, 1..<2).values == [3, 4, 5, 6, 7, 8])
        let frames = Tensor((0..<7).map(Float.init), shape: [1, 7, 1]).unfolded(axis: 1, kernel: 3, stride: 2)
        #expect(frames.values == [0, 1, 2, 2, 3, 4, 4, 5, 6])
        let columns = Tensor((0..<12).map(Float.init), shape: [1, 3, 2, 2]).unfolded(axis: 1, kernel: 2)
        #expect(columns.shape == [1, 2, 2, 4])
        #expect(columns.values == [0, 1, 4, 5, 2, 3, 6, 7, 4, 5, 8, 9, 6, 7, 10, 11])
    }

    /// ⟨unfold x, y⟩ = ⟨x, fold y⟩ for every layout.
    @Test(arguments: [([2, 9, 4], 1), ([2, 9, 3, 4], 1), ([3, 2, 9, 1], 2)]) func foldingIsTheAdjoint(_ shape: [Int], _ axis: Int) {
        var rng = Philox(seed: 9)
        let x = Tensor.gaussian(shape, using: &rng)
        for (kernel, stride) in [(3, 2), (4, 1), (2, 3)] {
            let unfolded = x.unfolded(axis: axis, kernel: kernel, stride: stride)
            let y = Tensor.gaussian(unfolded.shape, using: &rng)
            let folded = y.folded(axis: axis, kernel: kernel, stride: stride, length: shape[axis])
            #expect(abs((unfolded * y).sum().item - (x * folded).sum().item) < 1e-4)
        }
    }

    @Test func gradientsMatchCentralDifferences() {
        var rng = Philox(seed: 2)
        checkGradients(at: [.gaussian([2, 7, 2, 3], using: &rng)], "unfold") { $0[0].unfolded(axis: 1, kernel: 3, stride: 2) }
        checkGradients(at: [.gaussian([2, 3, 2, 6], using: &rng)], "fold") { $0[0].folded(axis: 1, kernel: 3, stride: 2) }
    }
}
