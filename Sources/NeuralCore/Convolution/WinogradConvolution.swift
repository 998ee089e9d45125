import CKernels

/// Convolutions of 3 × 3 taps over large planes of many channels by minimal filtering, F(4 × 4, 3 × 3): a quarter of the
/// multiplications, as 36 matrix products over the channels for each block of tiles.
///
/// A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016. In float32 its error is about ten
/// times that of adding the products up directly.
enum WinogradConvolution {
    /// Where the transforms cost less than they save. It follows from the sizes alone.
    static func suits(_ shape: ConvolutionShape) -> Bool {
        shape.kernel == 3 && shape.stride == 1 && shape.dilation == 1 && shape.padding == 1 && shape.groups == 1
            && min(shape.inputChannels, shape.outputChannels) >= 64 && min(shape.output.height, shape.output.width) >= 32
            && shape.output.area >= 1 << 12
    }

    static func forward(_ shape: ConvolutionShape, input: Tensor, weight: Tensor, bias: Tensor?, into result: Tensor) {
        let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
        let points = transformed(weight, outputs: outputs, inputs: inputs, step: inputs * 9, taps: 9, reversed: false)
        filter(shape, input, inputs: inputs, by: points, outputs: outputs, bias: bias, into: result)
    }

    /// The gradient of the input: the same with weights turned round, from outputs to inputs.
    static func backwardData(_ shape: ConvolutionShape, gradient: Tensor, weight: Tensor, into result: Tensor) {
        let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
        let points = transformed(weight, outputs: inputs, inputs: outputs, step: 9, taps: inputs * 9, reversed: true)
        filter(shape, gradient, inputs: outputs, by: points, outputs: inputs, bias: nil, into: result)
    }

    /// Numbers between the ends of one matrix and the next: powers of two would all meet in the same lines of the caches.
    private static let gap = 16

    /// `[36, outputs · inputs + gap]`
    private static func transformed(
        _ weight: Tensor, outputs: Int, inputs: Int, step: Int, taps: Int, reversed: Bool
    ) -> Tensor {
        let result = Tensor(uninitialized: [36, outputs * inputs + gap]), target = SharedPointer(result.freshPointer)
        parallelBlocks(outputs, size: 8) { rows in
            ck_winograd_weights(
                weight.pointer, Int64(rows.lowerBound), Int64(rows.upperBound), Int64(inputs), Int64(step), Int64(taps),
                reversed ? 1 : 0, target.pointer, Int64(outputs * inputs + gap))
        }
        return result
    }

    private static let tilesOfBlock = 192

    private static func filter(
        _ shape: ConvolutionShape, _ input: Tensor, inputs: Int, by points: Tensor, outputs: Int, bias: Tensor?, into result: Tensor
    ) {
        let (height, width) = (shape.output.height, shape.output.width), area = shape.output.area
        let columns = width.ceilDivided(by: 4), rows = height.ceilDivided(by: 4)
        let blockRows = max(1, min(rows.ceilDivided(by: 4), tilesOfBlock / columns))
        let blocks = rows.ceilDivided(by: blockRows), target = SharedPointer(result.freshPointer)
        parallelFor(shape.batch * blocks) { index in
            let (item, block) = index.quotientAndRemainder(dividingBy: blocks)
            let first = block * blockRows, count = min(blockRows, rows - first), tiles = count * columns
            let (inputStride, outputStride) = (inputs * tiles + gap, outputs * tiles + gap)
            let spread = Tensor(uninitialized: [36, inputStride]), products = Tensor(uninitialized: [36, outputStride])
            let memory = Tensor(uninitialized: [Int(ck_winograd_scratch(Int64(columns)))])
            defer { withExtendedLifetime((spread, products, memory)) {} }
            let (v, m, scratch) = (spread.freshPointer, products.freshPointer, memory.freshPointer)
            for channel in 0..<inputs {
                ck_winograd_input(
                    input.pointer + (item * inputs + channel) * area, Int64(height), Int64(width), Int64(first), Int64(count),
                    Int64(columns), v + channel * tiles, Int64(inputStride), scratch)
            }
            for point in 0..<36 {
                serialProduct(
                    m: outputs, n: tiles, k: inputs, MatrixOperand(points.pointer + point * (outputs * inputs + gap), stride: inputs),
                    MatrixOperand(v + point * inputStride, stride: tiles), into: m + point * outputStride, stride: tiles)
            }
            for channel in 0..<outputs {
                ck_winograd_output(
                    m + channel * tiles, Int64(outputStride), Int64(first), Int64(count), Int64(columns),
                    bias?.pointer[channel] ?? 0, target + (item * outputs + channel) * area, Int64(height), Int64(width), scratch)
            }
        }
    }
}
