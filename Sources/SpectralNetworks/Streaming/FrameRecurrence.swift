import CKernels
import NeuralCore

/// Norm, one step of a GRU for every band, linear map, added to the features `[bands, stride]`.
package struct FrameRecurrence {
    private let bands: Int, channels: Int, stride: Int, units: Int, rowLength: Int
    /// Of each band the normalised features, then the state.
    private let rows: UnsafeMutablePointer<Float>
    private let normWeight, normBias, gates: UnsafeMutablePointer<Float>
    private let epsilon: Float
    private let input, output: PackedProduct

    package init(_ block: AxisBlock, bands: Int, channels: Int, in arena: StreamArena) {
        (self.bands, self.channels, stride) = (bands, channels, paneled(channels))
        let gru = PackedGRU(block.gru.weights[0], inputs: channels), hidden = gru.hidden, stride = stride
        units = gru.units
        rowLength = stride + units
        normWeight = arena.floats(copying: block.norm.weight!.values)
        normBias = arena.floats(copying: block.norm.bias!.values)
        epsilon = block.norm.epsilon
        let (fromInput, fromState) = (gru.inputColumns, gru.recurrentColumns)
        input = PackedProduct(in: arena, depth: rowLength, columns: gru.columns, bias: gru.bias) { element, column in
            if element < stride { return element < channels ? fromInput[column][element] : 0 }
            return element - stride < hidden ? fromState[column][element - stride] : 0
        }
        let linear = block.linear.weight.values
        output = PackedProduct(in: arena, depth: units, columns: channels, bias: block.linear.bias!.values) { unit, column in
            unit < hidden ? linear[column * hidden + unit] : 0
        }
        rows = arena.floats(bands * rowLength)
        gates = arena.floats(bands * gru.columns)
    }

    package func callAsFunction(_ features: UnsafeMutablePointer<Float>) {
        ck_norm_rows(features, stride, bands, channels, normWeight, normBias, epsilon, rows, rowLength)
        input(rows, stride: rowLength, rows: bands, into: gates, stride: input.columns)
        ck_gru_rows(gates, bands, units, rows + stride, rowLength)
        output(rows + stride, stride: rowLength, rows: bands, into: features, stride: stride, adds: true)
    }

    package func reset() { rows.update(repeating: 0, count: bands * rowLength) }
}
