import COpenBLAS

/// Convolutions with a kernel of one point: a matrix product over the channels, on the arrays as they are.
enum PointwiseConvolution {
    static func forward(_ shape: ConvolutionShape, input: Tensor, weight: Tensor, bias: Tensor?, into result: Tensor) {
        let area = shape.output.area, rows = shape.outputChannels, inner = shape.inputChannels
        nonisolated(unsafe) let output = result.freshPointer
        overColumns(shape) { item, columns in
            let target = output + item * rows * area + columns.lowerBound
            if let bias {
                for row in 0..<rows {
                    (target + row * area).update(repeating: bias.pointer[row], count: columns.count)
                }
            }
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns.count), Int32(inner), 1,
                weight.pointer, Int32(inner), input.pointer + item * inner * area + columns.lowerBound, Int32(area),
                bias == nil ? 0 : 1, target, Int32(area))
        }
    }

    static func backwardData(_ shape: ConvolutionShape, gradient: Tensor, weight: Tensor, into result: Tensor) {
        let area = shape.output.area, rows = shape.inputChannels, inner = shape.outputChannels
        nonisolated(unsafe) let output = result.freshPointer
        overColumns(shape) { item, columns in
            cblas_sgemm(
                CblasRowMajor, CblasTrans, CblasNoTrans, Int32(rows), Int32(columns.count), Int32(inner), 1,
                weight.pointer, Int32(rows), gradient.pointer + item * inner * area + columns.lowerBound, Int32(area),
                0, output + item * rows * area + columns.lowerBound, Int32(area))
        }
    }

    /// Every block of columns gives a sum of its own; they are added up in order.
    static func backwardWeights(
        _ shape: ConvolutionShape, input: Tensor, gradient: Tensor, into weightGradient: Tensor, bias: Tensor?
    ) {
        let area = shape.output.area, (outputs, inputs) = (shape.outputChannels, shape.inputChannels)
        let positions = shape.batch * area
        let groups = positions.partitioned(into: min(4, positions.ceilDivided(by: minimumColumns)))
        let sums = groups.indices.map { $0 == 0 ? weightGradient : Tensor(uninitialized: weightGradient.shape) }
        parallelFor(groups.count) { group in
            var isFirst = true
            for (item, columns) in stretches(of: groups[group], area: area) {
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, Int32(outputs), Int32(inputs), Int32(columns.count), 1,
                    gradient.pointer + item * outputs * area + columns.lowerBound, Int32(area),
                    input.pointer + item * inputs * area + columns.lowerBound, Int32(area), isFirst ? 0 : 1,
                    sums[group].freshPointer, Int32(inputs))
                isFirst = false
            }
        }
        Tensor.addInOrder(sums)
        if let bias { ChannelBias.sum(gradient, channels: outputs, area: area, into: bias) }
    }

    private static let minimumColumns = 256

    private static func overColumns(_ shape: ConvolutionShape, _ body: @Sendable (Int, Range<Int>) -> Void) {
        let area = shape.output.area
        let byWork = (1 << 20) / max(1, shape.inputChannels * shape.outputChannels)
        let blocks = max(1, area / max(minimumColumns, byWork))
        parallelFor(shape.batch * blocks) { index in
            let (item, block) = index.quotientAndRemainder(dividingBy: blocks)
            body(item, block * area / blocks..<(block + 1) * area / blocks)
        }
    }

    /// A range over the points of all items, cut where one item ends.
    private static func stretches(of range: Range<Int>, area: Int) -> [(item: Int, columns: Range<Int>)] {
        (range.lowerBound / area...(range.upperBound - 1) / area).map { item in
            (item, max(0, range.lowerBound - item * area)..<min(area, range.upperBound - item * area))
        }
    }
}
