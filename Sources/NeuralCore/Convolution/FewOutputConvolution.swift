import CKernels

/// Convolutions to a handful of channels, as networks end with, and the gradients of the inputs of those from a handful.
/// oneDNN works on sixteen channels at a time whatever there are.
enum FewOutputConvolution {
    static func suits(_ shape: ConvolutionShape) -> Bool {
        shape.isPlain && suits(outputs: shape.outputChannels, width: shape.output.width)
    }

    static func suitsBackwardData(_ shape: ConvolutionShape) -> Bool {
        shape.isPlain && suits(outputs: shape.inputChannels, width: shape.input.width)
    }

    /// Narrow planes leave too few sums to make side by side.
    private static func suits(outputs: Int, width: Int) -> Bool { outputs <= (width < 24 ? 4 : 8) }

    static func forward(_ shape: ConvolutionShape, input: Tensor, weight: Tensor, bias: Tensor?, into result: Tensor) {
        let geometry = ck_few_outputs_geometry(
            inputs: Int64(shape.inputChannels), outputs: Int64(shape.outputChannels), input: shape.input.pair,
            output: shape.output.pair, kernel: shape.kernel.pair, dilation: shape.dilation.pair,
            pad_before: (Int64(shape.padding.top), Int64(shape.padding.left)))
        let packed = packed(
            weight, geometry, outputStep: shape.inputChannels * shape.kernel.area, inputStep: shape.kernel.area, reversed: false)
        run(geometry, batch: shape.batch, input, packed, bias, into: result)
    }

    /// The gradient of the input: the same with weights turned round, from outputs to inputs.
    static func backwardData(_ shape: ConvolutionShape, gradient: Tensor, weight: Tensor, into result: Tensor) {
        let geometry = ck_few_outputs_geometry(
            inputs: Int64(shape.outputChannels), outputs: Int64(shape.inputChannels), input: shape.output.pair,
            output: shape.input.pair, kernel: shape.kernel.pair, dilation: shape.dilation.pair,
            pad_before: (
                Int64(shape.height.reach - shape.padding.top), Int64(shape.width.reach - shape.padding.left)
            ))
        let packed = packed(
            weight, geometry, outputStep: shape.kernel.area, inputStep: shape.inputChannels * shape.kernel.area, reversed: true)
        run(geometry, batch: shape.batch, gradient, packed, nil, into: result)
    }

    private static func packed(
        _ weight: Tensor, _ geometry: ck_few_outputs_geometry, outputStep: Int, inputStep: Int, reversed: Bool
    ) -> Tensor {
        let result = Tensor(uninitialized: [weight.count])
        var geometry = geometry
        ck_few_outputs_pack(
            &geometry, weight.pointer, Int64(outputStep), Int64(inputStep), reversed ? 1 : 0, result.freshPointer)
        return result
    }

    private static func run(
        _ geometry: ck_few_outputs_geometry, batch: Int, _ input: Tensor, _ packed: Tensor, _ bias: Tensor?, into result: Tensor
    ) {
        let tiles = tiles(geometry), target = SharedPointer(result.freshPointer)
        let inputSize = input.count / batch, outputSize = result.count / batch
        parallelFor(batch * tiles.count) { index in
            let (item, place) = index.quotientAndRemainder(dividingBy: tiles.count)
            var geometry = geometry, tile = tiles[place]
            let scratch = Tensor(uninitialized: [Int(ck_few_outputs_scratch(&geometry, &tile))])
            defer { withExtendedLifetime(scratch) {} }
            ck_few_outputs_run(
                &geometry, &tile, input.pointer + item * inputSize, packed.pointer, bias?.pointer, target + item * outputSize,
                scratch.freshPointer)
        }
    }

    /// Rectangles that the caches hold with all that they read, at least eight where that pays.
    private static func tiles(_ geometry: ck_few_outputs_geometry) -> [ck_few_outputs_tile] {
        let (height, width) = (Int(geometry.output.0), Int(geometry.output.1))
        let columns = width.partitioned(into: width.ceilDivided(by: height == 1 ? 1 << 12 : 1 << 9))
        let rowsThatFit = max(1, (1 << 13) / (width.ceilDivided(by: columns.count)))
        let work = height * width * Int(geometry.inputs * geometry.outputs * geometry.kernel.0 * geometry.kernel.1)
        let wanted = max(1, min(8, work >> 18) / columns.count)
        let rows = height.partitioned(into: min(height, max(wanted, height.ceilDivided(by: rowsThatFit))))
        return rows.flatMap { rows in
            columns.map { columns in
                ck_few_outputs_tile(
                    row: Int64(rows.lowerBound), rows: Int64(rows.count), column: Int64(columns.lowerBound),
                    columns: Int64(columns.count))
            }
        }
    }
}

extension ConvolutionShape {
    /// No steps between outputs and no groups.
    fileprivate var isPlain: Bool { stride == 1 && groups == 1 }
}
