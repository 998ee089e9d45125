import NeuralCore
import SpectralNetworks
import TestSupport
import Testing

@testable import ScoreDiffusion

/// The fused operations of the default network and its loss against central differences.
@Suite struct EnhancerGradientTests {
    @Test(arguments: [false, true])
    func deepFilterGradients(causal: Bool) {
        var rng = Philox(seed: 21)
        let spectrum = [2, 4, 5, 2]
        let inputs = [
            Tensor.gaussian([2, 4, 5, 5, 2], using: &rng), .gaussian(spectrum, using: &rng), .gaussian(spectrum, using: &rng),
        ]
        checkGradients(at: inputs, samples: 60) { deepFilter($0[0], noisy: $0[1], state: $0[2], causal: causal) }
    }

    /// A filter of one frame alone cannot reach across the ends of an item into its neighbour in the batch.
    @Test func deepFilterEndsAtTheItem() {
        let noisy = Tensor([1, 0, 2, 0], shape: [2, 1, 1, 2]), state = Tensor.zeros([2, 1, 1, 2])
        var filters = [Float](repeating: 0, count: 20)
        (filters[0], filters[4], filters[10], filters[14]) = (1, 1, 1, 1)
        let output = deepFilter(Tensor(filters, shape: [2, 1, 1, 5, 2]), noisy: noisy, state: state)
        #expect(output == Tensor.zeros([2, 1, 1, 2]))
    }

    @Test func blockDiagonalLinearGradients() {
        var rng = Philox(seed: 22)
        let layer = BlockDiagonalLinear(
            [.init(inputs: 3, outputs: 2), .init(inputs: 1, outputs: 4), .init(inputs: 5, outputs: 1)], using: &rng)
        let input = Tensor.gaussian([2, 200, 9], using: &rng), bias = Tensor.gaussian([7], using: &rng)
        checkGradients(at: [input, layer.weight, bias]) {
            var layer = layer
            (layer.weight, layer.bias) = ($0[1], $0[2])
            return layer($0[0])
        }
    }

    /// Each block sees its own slice and no other.
    @Test func blockDiagonalLinearIsBlockDiagonal() {
        var rng = Philox(seed: 23)
        let layer = BlockDiagonalLinear([.init(inputs: 2, outputs: 3), .init(inputs: 4, outputs: 2)], using: &rng)
        let input = Tensor.gaussian([5, 6], using: &rng)
        let first = linear(input.sliced(axis: 1, 0..<2), weight: layer.weight.sliced(axis: 0, 0..<6).reshaped([3, 2]))
        let second = linear(input.sliced(axis: 1, 2..<6), weight: layer.weight.sliced(axis: 0, 6..<14).reshaped([2, 4]))
        expectClose(layer(input), Tensor.concatenated([first, second], axis: 1), relativeL2: 1e-6)
    }

    @Test func spectralErrorGradients() {
        var rng = Philox(seed: 24)
        let target = Tensor.gaussian([2, 3, 7, 2], using: &rng)
        checkGradients(at: [.gaussian([2, 3, 7, 2], using: &rng)], samples: 84) {
            spectralError($0[0], target, complex: 4, magnitude: 8)
        }
    }
}
