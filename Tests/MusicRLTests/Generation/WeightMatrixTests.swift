import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite struct WeightMatrixTests {
    /// Products of sizes that fill neither groups nor tiles, against double precision.
    @Test(arguments: WeightPrecision.allCases, [(1, 70), (2, 64), (37, 70), (65, 48), (130, 1024)])
    func products(_ precision: WeightPrecision, _ sizes: (outputs: Int, inputs: Int)) {
        let (outputs, inputs) = sizes
        var rng = Philox(seed: UInt64(outputs))
        let weight = Tensor.gaussian([outputs, inputs], using: &rng), weights = weight.values
        // In two parts, the first of an odd number of outputs.
        let parts = outputs == 1 ? [weight] : weight.split(axis: 0, sizes: [1, outputs - 1])
        let matrix = WeightMatrix(parts, precision: precision)
        #expect((matrix.outputs, matrix.inputs) == (outputs, inputs))
        for count in 1...5 {
            let input = Tensor.gaussian([count, inputs], using: &rng).values, rows = RowBuffer(rows: count, width: inputs)
            for row in 0..<count { rows.row(row).update(from: Array(input[row * inputs..<(row + 1) * inputs]), count: inputs) }
            var output = [Float](repeating: 1, count: count * outputs), expected = output
            output.withUnsafeMutableBufferPointer { matrix.multiply(rows, count: count, into: $0.baseAddress!, stride: outputs, adds: true) }
            for row in 0..<count {
                for unit in 0..<outputs {
                    var sum = 1.0
                    for place in 0..<inputs { sum += Double(input[row * inputs + place]) * Double(weights[unit * inputs + place]) }
                    expected[row * outputs + unit] = Float(sum)
                }
            }
            // Five deviations of a sum of as many rounded products.
            let tolerance = [WeightPrecision.float32: 2e-6, .bfloat16: 1e-2, .int8: 2.5e-2][precision]!
            expectClose(output, expected, absolute: tolerance * Double(inputs).squareRoot(), "\(count) rows")
        }
    }

    /// Numbers that are none stay that, and tiny ones vanish.
    @Test(arguments: WeightPrecision.allCases) func unusualNumbers(_ precision: WeightPrecision) {
        for (value, isFinite) in [(Float.nan, false), (.infinity, false), (Float.leastNonzeroMagnitude * 700, true), (0, true)] {
            var values = [Float](repeating: value, count: 3 * 64)
            values[64..<128] = ArraySlice(repeating: 1, count: 64)
            let matrix = WeightMatrix([Tensor(values, shape: [3, 64])], precision: precision), rows = RowBuffer(rows: 1, width: 64)
            for index in 0..<64 { rows.values[index] = 0.5 }
            var output = [Float](repeating: 0, count: 3)
            output.withUnsafeMutableBufferPointer { matrix.multiply(rows, count: 1, into: $0.baseAddress!, stride: 3) }
            #expect(output[0].isFinite == isFinite && output[2].isFinite == isFinite && abs(output[1] - 32) < 1e-3, "\(value): \(output)")
            rows.values[3] = value
            output.withUnsafeMutableBufferPointer { matrix.multiply(rows, count: 1, into: $0.baseAddress!, stride: 3) }
            #expect(output[1].isFinite == isFinite, "input \(value): \(output)")
        }
    }
}
