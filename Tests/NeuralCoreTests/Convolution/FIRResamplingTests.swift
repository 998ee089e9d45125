import NeuralCore
import TestSupport
import Testing

/// FIR and plain resampling: the reference within 2e-6 (gradients 1e-5), and kernels that are no product of two.
@Suite struct FIRResamplingTests {
    static let operations = ["upsample_2d", "downsample_2d", "nearest x2", "mean 2x2"]

    @Test(arguments: Fixture.all(in: "sgmse/layers"))
    func matchesReference(_ fixture: Fixture) throws {
        let blocks = try #require(fixture.config.object).keys.filter {
            Self.operations.contains(fixture.config[$0]["op"].string ?? "")
        }
        #expect(!blocks.isEmpty)
        for block in blocks {
            let settings = fixture.config[block], cotangent = try fixture.tensor("\(block).cot")
            let taps = settings["fir_kernel"].doubles?.map { Float($0) } ?? []
            func apply(_ x: Tensor) -> Tensor {
                switch settings["op"].string {
                case "upsample_2d": x.firUpsampled(taps: taps)
                case "downsample_2d": x.firDownsampled(taps: taps)
                case "nearest x2": x.nearestUpsampled()
                default: x.meanDownsampled()
                }
            }
            let input = try fixture.tensor("\(block).in.x")
            expectClose(apply(input), try fixture.tensor("\(block).out"), relativeL2: 2e-6, block)
            let (_, gradients) = valueAndGradient(at: [input]) { (apply($0[0]) * cotangent).sum() }
            expectClose(gradients[0], try fixture.tensor("\(block).grad.x"), relativeL2: 1e-5, "\(block) gradient")
        }
    }

    struct Case: Sendable, CustomStringConvertible {
        let rows: [[Float]]
        var up: Size2D = 1, down: Size2D = 1, padding: Padding2D = 0
        var size = Size2D(9, 71)
        var description: String { "\(rows), up \(up), down \(down), padding \(padding)" }
    }

    static let cases = [
        Case(rows: [[1, 2, -1], [0.5, 0, 3]], padding: 1),
        Case(rows: [[1, 2, -1], [0.5, 0, 3]], up: 2, padding: 2),
        Case(rows: [[1, 2, -1, 0.5], [0.5, 0, 3, 1]], down: 2, padding: 1),
        Case(rows: [[1, 3, 3, 1]], up: Size2D(1, 2), down: Size2D(2, 1), padding: Padding2D(0, 2)),
        Case(rows: [[1, 2], [3, 5]], up: 3, down: 2, padding: 1),
        Case(rows: [[1], [2], [4]], up: Size2D(2, 1), down: Size2D(3, 1), padding: Padding2D(2, 0)),
        Case(rows: [[2]], down: Size2D(1, 3), size: Size2D(3, 300)),
        Case(rows: [[1, 4, 6, 4, 1]], up: Size2D(1, 2), padding: Padding2D(top: 0, bottom: 0, left: 1, right: 4)),
    ]

    @Test(arguments: cases)
    func matchesDefinition(_ sample: Case) {
        var rng = Philox(seed: 8)
        let x = Tensor.gaussian([2, 3, sample.size.height, sample.size.width], using: &rng)
        let kernel = FIRKernel(rows: sample.rows)
        let actual = x.upFIRDown(kernel, up: sample.up, down: sample.down, padding: sample.padding)
        let expected = definition(x, sample)
        #expect(Array(actual.shape[2...]) == [expected.height, expected.width])
        expectClose(actual.values, expected.values, absolute: 1e-5)
    }

    @Test(arguments: cases)
    func gradients(_ sample: Case) {
        var rng = Philox(seed: 9)
        let kernel = FIRKernel(rows: sample.rows)
        checkGradients(at: [.gaussian([1, 2, 5, 7], using: &rng)]) {
            $0[0].upFIRDown(kernel, up: sample.up, down: sample.down, padding: sample.padding)
        }
    }

    /// Zero insertion, padding, convolution with the reversed kernel and decimation, one after the other.
    private func definition(_ x: Tensor, _ sample: Case) -> (values: [Float], height: Int, width: Int) {
        let (rows, columns) = (sample.rows.count, sample.rows[0].count), size = sample.size, pad = sample.padding
        let (high, wide) = (
            size.height * sample.up.height + pad.top + pad.bottom, size.width * sample.up.width + pad.left + pad.right
        )
        let height = (high - rows) / sample.down.height + 1, width = (wide - columns) / sample.down.width + 1
        let planes = x.count / size.height / size.width, values = x.values
        var result: [Float] = []
        for plane in 0..<planes {
            var canvas = [Double](repeating: 0, count: high * wide)
            for i in 0..<size.height {
                for j in 0..<size.width {
                    canvas[(i * sample.up.height + pad.top) * wide + j * sample.up.width + pad.left] =
                        Double(values[(plane * size.height + i) * size.width + j])
                }
            }
            for i in 0..<height {
                for j in 0..<width {
                    var sum = 0.0
                    for u in 0..<rows {
                        for v in 0..<columns {
                            sum += Double(sample.rows[rows - 1 - u][columns - 1 - v])
                                * canvas[(i * sample.down.height + u) * wide + j * sample.down.width + v]
                        }
                    }
                    result.append(Float(sum))
                }
            }
        }
        return (result, height, width)
    }
}
