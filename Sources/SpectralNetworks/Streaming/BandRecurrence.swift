import CKernels
import NeuralCore

/// Norm, GRU in both directions over the bands of one frame, linear map, added to the features `[bands, stride]`.
package struct BandRecurrence {
    private let bands: Int, channels: Int, stride: Int, units: Int
    private let normWeight, normBias, recurrent, normed, gates, states: UnsafeMutablePointer<Float>
    private let epsilon: Float
    private let input, output: PackedProduct

    package init(_ block: AxisBlock, bands: Int, channels: Int, in arena: StreamArena) {
        (self.bands, self.channels, stride) = (bands, channels, paneled(channels))
        let directions = block.gru.weights.map { PackedGRU($0, inputs: channels) }
        let (hidden, units) = (directions[0].hidden, directions[0].units), columns = directions[0].columns
        self.units = units
        normWeight = arena.floats(copying: block.norm.weight!.values)
        normBias = arena.floats(copying: block.norm.bias!.values)
        epsilon = block.norm.epsilon
        recurrent = arena.floats(2 * 3 * units * units)
        for (index, direction) in directions.enumerated() {
            direction.writeRecurrent(to: recurrent + index * 3 * units * units)
        }
        let weights = directions.flatMap(\.inputColumns)
        input = PackedProduct(
            in: arena, depth: channels, columns: 2 * columns, bias: directions.flatMap(\.bias)
        ) { feature, column in weights[column][feature] }
        let linear = block.linear.weight.values
        output = PackedProduct(in: arena, depth: 2 * units, columns: channels, bias: block.linear.bias!.values) { row, column in
            let unit = row % units
            return unit < hidden ? linear[column * 2 * hidden + row / units * hidden + unit] : 0
        }
        normed = arena.floats(bands * stride)
        gates = arena.floats(bands * 2 * columns)
        states = arena.floats(bands * 2 * units)
    }

    package func callAsFunction(_ features: UnsafeMutablePointer<Float>) {
        ck_norm_rows(features, stride, bands, channels, normWeight, normBias, epsilon, normed, stride)
        input(normed, stride: stride, rows: bands, into: gates, stride: input.columns)
        ck_gru_both_ways(gates, recurrent, bands, units, states)
        output(states, stride: 2 * units, rows: bands, into: features, stride: stride, adds: true)
    }
}
