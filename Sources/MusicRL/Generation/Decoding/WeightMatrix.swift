import CKernels
import NeuralCore

/// How the weights of a decoder are kept in memory; sums are float32 always.
public enum WeightPrecision: String, Sendable, Codable, CaseIterable {
    case float32
    /// Half the memory; weights keep about three digits.
    case bfloat16
    /// A quarter: 8-bit integers with a scale for each 64 neighbours.
    case int8

    var type: ck_weight_type {
        switch self {
        case .float32: CK_WEIGHTS_FLOAT32
        case .bfloat16: CK_WEIGHTS_BFLOAT16
        case .int8: CK_WEIGHTS_INT8
        }
    }

    /// Bytes of one weight, its share of a scale left out.
    public var bytesPerWeight: Int {
        switch self {
        case .float32: 4
        case .bfloat16: 2
        case .int8: 1
        }
    }
}

/// A matrix that a few rows are multiplied with, step by step.
struct WeightMatrix: @unchecked Sendable {
    /// Outputs, and inputs before they are filled up.
    let outputs: Int, inputs: Int
    let precision: WeightPrecision
    private let values: AlignedMemory
    private let scales: AlignedMemory?
    private let weights: ck_weights

    /// - Parameter parts: `[outputs, inputs]` each, their outputs one after the other.
    init(_ parts: [Tensor], precision: WeightPrecision) {
        let inputs = parts[0].shape[1], outputs = parts.reduce(0) { $0 + $1.shape[0] }
        let depth = RowBuffer.padded(inputs), groups = depth / Int(CK_GROUP), size = precision.bytesPerWeight
        let stored = (outputs + 1) / 2 * 2
        let values = AlignedMemory(bytes: stored * depth * size)
        let scales = precision == .int8 ? AlignedMemory(bytes: stored * groups * 4) : nil
        nonisolated(unsafe) let weights = ck_weights(
            type: precision.type, values: values.pointer, scales: scales?.floats(stored * groups), rows: outputs,
            depth: depth)
        var start = 0
        for part in parts {
            let first = start, rows = part.shape[0]
            part.withUnsafeBuffer { source in
                nonisolated(unsafe) let source = source.baseAddress!
                parallelFor((rows + 255) / 256) { block in
                    let row = block * 256
                    withUnsafePointer(to: weights) {
                        ck_pack_weights($0, source + row * inputs, first + row, min(256, rows - row), inputs)
                    }
                }
            }
            start += rows
        }
        (self.outputs, self.inputs, self.precision, self.values, self.scales) = (outputs, inputs, precision, values, scales)
        self.weights = weights
    }

    /// Bytes that one product reads.
    var byteCount: Int {
        outputs * weights.depth * precision.bytesPerWeight + (scales == nil ? 0 : 4 * outputs * weights.depth / Int(CK_GROUP))
    }

    /// `output` = (or += with `adds`) the products of the first `count` rows; several threads share the outputs.
    ///
    /// - Parameter finish: called for each stretch of an output row when it is complete.
    func multiply(
        _ rows: RowBuffer, count: Int, into output: UnsafeMutablePointer<Float>, stride: Int, adds: Bool = false,
        finish: (@Sendable (UnsafeMutablePointer<Float>, Int) -> Void)? = nil
    ) {
        if precision == .int8 { rows.quantize(count) }
        var input = rows.kernelRows
        input.count = count
        let block = max(16, (1 << 16) / weights.depth), outputs = outputs, weights = weights, kernelRows = input
        nonisolated(unsafe) let (shared, target) = (kernelRows, output)
        nonisolated(unsafe) let matrix = weights
        parallelFor((outputs + block - 1) / block) { index in
            let first = index * block, length = min(block, outputs - first)
            withUnsafePointer(to: matrix) { matrix in
                withUnsafePointer(to: shared) { rows in
                    ck_weighted_rows(matrix, rows, first, length, target, stride, adds ? 1 : 0)
                }
            }
            if let finish { for row in 0..<count { finish(target + row * stride + first, length) } }
        }
    }
}

/// Input rows of products, filled up to whole groups with zeros.
final class RowBuffer {
    let width: Int, stride: Int
    let values: UnsafeMutablePointer<Float>
    private let memory: AlignedMemory, quantized: AlignedMemory, scales: AlignedMemory

    init(rows: Int, width: Int) {
        self.width = width
        stride = Self.padded(width)
        memory = AlignedMemory(bytes: 4 * rows * stride)
        quantized = AlignedMemory(bytes: 2 * rows * stride)
        scales = AlignedMemory(bytes: 4 * rows * stride / Int(CK_GROUP))
        values = memory.floats(rows * stride)
    }

    static func padded(_ count: Int) -> Int { (count + Int(CK_GROUP) - 1) / Int(CK_GROUP) * Int(CK_GROUP) }

    func row(_ index: Int) -> UnsafeMutablePointer<Float> { values + index * stride }

    var kernelRows: ck_rows {
        ck_rows(
            x: values, stride: stride, count: 0, quantized: quantized.integers(0), scales: scales.floats(0))
    }

    func quantize(_ count: Int) {
        ck_quantize_rows(values, stride, count, stride, quantized.integers(0), scales.floats(0))
    }
}
