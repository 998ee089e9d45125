import TestSupport
import Testing

@testable import NeuralCore

/// Minimal filtering against oneDNN's direct convolutions, relative L2 within 3e-6: planes that tiles fill and do not fill, one
/// and several blocks, items of a batch.
@Suite struct WinogradTests {
    private static let shapes = [(1, 64, 64, 64, 64), (2, 65, 70, 62, 67), (1, 128, 64, 33, 130), (1, 64, 96, 257, 40)]

    private func shape(_ sizes: (Int, Int, Int, Int, Int)) -> ConvolutionShape {
        let size = Size2D(sizes.3, sizes.4)
        return ConvolutionShape(
            batch: sizes.0, groups: 1, inputChannels: sizes.1, outputChannels: sizes.2, input: size, output: size, kernel: 3,
            stride: 1, dilation: 1, padding: 1)
    }

    @Test(arguments: shapes) func forward(_ sizes: (Int, Int, Int, Int, Int)) {
        let shape = shape(sizes), (batch, inputs, outputs, height, width) = sizes
        var rng = Philox(seed: 3)
        let input = Tensor.gaussian([batch, inputs, height, width], using: &rng)
        let weight = Tensor.gaussian([outputs, inputs, 3, 3], using: &rng), bias = Tensor.gaussian([outputs], using: &rng)
        #expect(WinogradConvolution.suits(shape))
        for bias in [bias, nil] {
            let ours = Tensor(uninitialized: [batch, outputs, height, width]), theirs = Tensor(uninitialized: ours.shape)
            WinogradConvolution.forward(shape, input: input, weight: weight, bias: bias, into: ours)
            LibraryConvolution.forward(shape, input: input, weight: weight, bias: bias, into: theirs)
            expectClose(ours, theirs, relativeL2: 3e-6)
        }
    }

    @Test(arguments: shapes) func gradientOfTheInput(_ sizes: (Int, Int, Int, Int, Int)) {
        let shape = shape(sizes), (batch, inputs, outputs, height, width) = sizes
        var rng = Philox(seed: 4)
        let gradient = Tensor.gaussian([batch, outputs, height, width], using: &rng)
        let weight = Tensor.gaussian([outputs, inputs, 3, 3], using: &rng)
        let ours = Tensor(uninitialized: [batch, inputs, height, width]), theirs = Tensor(uninitialized: ours.shape)
        WinogradConvolution.backwardData(shape, gradient: gradient, weight: weight, into: ours)
        LibraryConvolution.backwardData(shape, gradient: gradient, weight: weight, into: theirs)
        expectClose(ours, theirs, relativeL2: 3e-6)
    }

    /// The same numbers on any number of threads.
    @Test func threads() {
        let shape = shape(Self.shapes[1])
        var rng = Philox(seed: 5)
        let input = Tensor.gaussian([2, 65, 62, 67], using: &rng), weight = Tensor.gaussian([70, 65, 3, 3], using: &rng)
        let before = ComputeThreads.count
        defer { ComputeThreads.count = before }
        let results = [1, 2, 3].map { count in
            ComputeThreads.count = count
            return shape.convolved(input, weight, nil).values
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }
}
