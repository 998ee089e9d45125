import NeuralCore
import TestSupport
import Testing

/// Finite differences for every kind of convolution, relative tolerance 5e-3.
@Suite struct ConvolutionGradientTests {
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let input: [Int], weight: [Int], outputs: Int
        let apply: @Sendable ([Tensor]) -> Tensor
    }

    static let cases = [
        Case(description: "conv2d", input: [2, 3, 5, 6], weight: [4, 3, 3, 3], outputs: 4) {
            conv2d($0[0], weight: $0[1], bias: $0[2], padding: 1)
        },
        Case(description: "conv2d, stride, dilation, groups", input: [2, 4, 9, 8], weight: [6, 2, 3, 2], outputs: 6) {
            conv2d(
                $0[0], weight: $0[1], bias: $0[2], stride: Size2D(2, 1), padding: Padding2D(2, 1), dilation: 2,
                groups: 2)
        },
        Case(description: "depthwise", input: [2, 3, 6, 7], weight: [3, 1, 3, 3], outputs: 3) {
            conv2d($0[0], weight: $0[1], bias: $0[2], stride: 2, padding: 1, groups: 3)
        },
        Case(description: "pointwise", input: [2, 3, 4, 5], weight: [6, 3, 1, 1], outputs: 6) {
            conv2d($0[0], weight: $0[1], bias: $0[2])
        },
        Case(description: "convTranspose2d", input: [2, 3, 4, 5], weight: [3, 4, 3, 3], outputs: 4) {
            convTranspose2d($0[0], weight: $0[1], bias: $0[2], stride: 2, padding: 1, outputPadding: 1)
        },
        Case(description: "conv1d", input: [2, 3, 20], weight: [5, 3, 4], outputs: 5) {
            conv1d($0[0], weight: $0[1], bias: $0[2], stride: 2, padding: Padding1D(before: 3, after: 1))
        },
        Case(description: "convTranspose1d", input: [2, 4, 7], weight: [4, 2, 6], outputs: 4) {
            convTranspose1d($0[0], weight: $0[1], bias: $0[2], stride: 3, padding: 1, groups: 2)
        },
    ]

    @Test(arguments: cases)
    func gradients(_ sample: Case) {
        var rng = Philox(seed: 21)
        let operands = [
            Tensor.gaussian(sample.input, using: &rng), .gaussian(sample.weight, using: &rng),
            .gaussian([sample.outputs], using: &rng),
        ]
        checkGradients(at: operands, sample.description, sample.apply)
    }

    @Test func layersHavePyTorchNames() {
        var rng = Philox(seed: 1)
        let plain = Conv2D(4, 6, kernel: Size2D(3, 2), groups: 2, using: &rng).namedParameters()
        #expect(plain.map(\.0) == ["weight", "bias"])
        #expect(plain.map(\.1.shape) == [[6, 2, 3, 2], [6]])
        let transposed = ConvTranspose1D(4, 6, kernel: 8, stride: 4, groups: 2, bias: false, using: &rng)
        #expect(transposed.namedParameters().map(\.1.shape) == [[4, 3, 8]])
        #expect(transposed(.ones([1, 4, 5])).shape == [1, 6, 24])
    }
}
