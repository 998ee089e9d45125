import NeuralCore
import TestSupport
import Testing

/// Sizes large enough to be computed in several parts, against the definition in double precision, and the same bits
/// for every number of threads.
@Suite(.serialized) struct ConvolutionPartTests {
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let input: [Int], weight: [Int]
        var stride: Size2D = 1, padding: Padding2D = 0, dilation: Size2D = 1, groups = 1
    }

    static let cases = [
        Case(description: "bands of rows", input: [1, 16, 70, 50], weight: [24, 16, 3, 3], padding: 1),
        Case(description: "many bands", input: [1, 16, 150, 130], weight: [16, 16, 3, 3], padding: 1),
        Case(description: "items", input: [6, 16, 21, 20], weight: [16, 16, 3, 3], padding: 1),
        Case(description: "bands of columns", input: [2, 24, 1, 3000], weight: [24, 24, 1, 5], padding: Padding2D(0, 2)),
        Case(
            description: "dilated columns", input: [1, 16, 1, 4100], weight: [16, 16, 1, 3],
            padding: Padding2D(top: 0, bottom: 0, left: 16, right: 0), dilation: Size2D(1, 8)),
        Case(description: "blocks of channels", input: [2, 128, 6, 6], weight: [128, 128, 3, 3], padding: 1),
        Case(description: "stride", input: [2, 16, 121, 64], weight: [32, 16, 3, 3], stride: 2, padding: 1),
        Case(
            description: "stride beyond the kernel", input: [1, 32, 260, 40], weight: [32, 32, 2, 3],
            stride: Size2D(3, 1)),
        Case(description: "groups", input: [3, 32, 40, 40], weight: [32, 8, 3, 3], padding: 1, groups: 4),
        Case(description: "depthwise", input: [2, 40, 50, 66], weight: [40, 1, 3, 3], padding: 1, groups: 40),
        Case(description: "pointwise", input: [2, 40, 50, 41], weight: [56, 40, 1, 1]),
        Case(description: "few channels", input: [2, 4, 90, 80], weight: [32, 4, 3, 3], padding: 1),
        Case(description: "few results", input: [2, 32, 90, 80], weight: [4, 32, 3, 3], padding: 1),
        Case(
            description: "seven results", input: [1, 20, 41, 33], weight: [7, 20, 3, 5],
            padding: Padding2D(top: 0, bottom: 3, left: 8, right: 1), dilation: Size2D(2, 2)),
        Case(
            description: "one result of long rows", input: [2, 10, 1, 5000], weight: [1, 10, 1, 7],
            padding: Padding2D(top: 0, bottom: 0, left: 6, right: 0)),
        Case(description: "from three channels of wide planes", input: [1, 3, 12, 1100], weight: [16, 3, 5, 2], padding: Padding2D(2, 0)),
    ]

    @Test(arguments: cases)
    func matchesDefinition(_ sample: Case) {
        let (operands, cotangent) = draw(sample)
        let (value, gradients) = compute(sample, operands, cotangent)
        let reference = Reference(sample, operands, cotangent)
        expectClose(value.values, reference.value, relativeL2: 2e-6, "result")
        expectClose(gradients[0].values, reference.inputGradient, relativeL2: 2e-6, "gradient of the input")
        expectClose(gradients[1].values, reference.weightGradient, relativeL2: 5e-6, "gradient of the weights")
        expectClose(gradients[2].values, reference.biasGradient, relativeL2: 5e-6, "gradient of the bias")
    }

    @Test(arguments: cases)
    func doesNotDependOnThreads(_ sample: Case) {
        let before = ComputeThreads.count
        defer { ComputeThreads.count = before }
        let (operands, cotangent) = draw(sample)
        ComputeThreads.count = 1
        let expected = compute(sample, operands, cotangent)
        for threads in [2, 3, 4] {
            ComputeThreads.count = threads
            let actual = compute(sample, operands, cotangent)
            #expect(actual.value == expected.value, "result with \(threads) threads")
            #expect(actual.gradients == expected.gradients, "gradients with \(threads) threads")
        }
    }

    private func draw(_ sample: Case) -> (operands: [Tensor], cotangent: Tensor) {
        var rng = Philox(seed: 3)
        let operands = [
            Tensor.gaussian(sample.input, using: &rng), .gaussian(sample.weight, using: &rng),
            .gaussian([sample.weight[0]], using: &rng),
        ]
        return (operands, .gaussian(apply(sample, operands).shape, using: &rng))
    }

    private func apply(_ sample: Case, _ operands: [Tensor]) -> Tensor {
        conv2d(
            operands[0], weight: operands[1], bias: operands[2], stride: sample.stride, padding: sample.padding,
            dilation: sample.dilation, groups: sample.groups)
    }

    private func compute(
        _ sample: Case, _ operands: [Tensor], _ cotangent: Tensor
    ) -> (value: Tensor, gradients: [Tensor]) {
        let (_, gradients) = valueAndGradient(at: operands) { (apply(sample, $0) * cotangent).sum() }
        return (apply(sample, operands), gradients)
    }
}

/// The definition, loop by loop.
private struct Reference {
    var value: [Float], inputGradient: [Float], weightGradient: [Float], biasGradient: [Float]

    init(_ sample: ConvolutionPartTests.Case, _ operands: [Tensor], _ cotangent: Tensor) {
        let (x, w, b, g) = (operands[0].values, operands[1].values, operands[2].values, cotangent.values)
        let (channels, height, width) = (sample.input[1], sample.input[2], sample.input[3])
        let (outputs, perGroup, rows, columns) =
            (sample.weight[0], sample.weight[1], sample.weight[2], sample.weight[3])
        let (outHeight, outWidth) = (cotangent.shape[2], cotangent.shape[3])
        var y = [Double](repeating: 0, count: g.count), dx = [Double](repeating: 0, count: x.count)
        var dw = [Double](repeating: 0, count: w.count), db = [Double](repeating: 0, count: b.count)
        for item in 0..<sample.input[0] {
            for o in 0..<outputs {
                for i in 0..<outHeight {
                    for j in 0..<outWidth {
                        let at = ((item * outputs + o) * outHeight + i) * outWidth + j
                        let slope = Double(g[at])
                        var sum = Double(b[o])
                        db[o] += slope
                        for c in 0..<perGroup {
                            let plane = item * channels + o / (outputs / sample.groups) * perGroup + c
                            for u in 0..<rows {
                                let row = i * sample.stride.height + u * sample.dilation.height - sample.padding.top
                                guard row >= 0, row < height else { continue }
                                for v in 0..<columns {
                                    let column =
                                        j * sample.stride.width + v * sample.dilation.width - sample.padding.left
                                    guard column >= 0, column < width else { continue }
                                    let from = (plane * height + row) * width + column
                                    let tap = ((o * perGroup + c) * rows + u) * columns + v
                                    sum += Double(x[from]) * Double(w[tap])
                                    dx[from] += slope * Double(w[tap])
                                    dw[tap] += slope * Double(x[from])
                                }
                            }
                        }
                        y[at] = sum
                    }
                }
            }
        }
        value = y.map { Float($0) }
        inputGradient = dx.map { Float($0) }
        weightGradient = dw.map { Float($0) }
        biasGradient = db.map { Float($0) }
    }
}
