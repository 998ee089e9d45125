import CKernels

/// Convolutions whose output channels each see one input channel, plane by plane.
enum DepthwiseConvolution {
    static func forward(_ shape: ConvolutionShape, input: Tensor, weight: Tensor, bias: Tensor?, into result: Tensor) {
        let (geometry, multiplier) = (shape.planes, shape.outputChannels / shape.groups)
        nonisolated(unsafe) let output = result.freshPointer
        overPlanes(shape.batch * shape.outputChannels, shape) { plane in
            let (item, channel) = plane.quotientAndRemainder(dividingBy: shape.outputChannels)
            var geometry = geometry
            return ck_depthwise_forward(
                &geometry,
                input.pointer + (item * shape.inputChannels + channel / multiplier) * shape.input.area,
                weight.pointer + channel * shape.kernel.area, bias.map { $0.pointer[channel] } ?? 0,
                output + plane * shape.output.area)
        }
    }

    static func backwardData(_ shape: ConvolutionShape, gradient: Tensor, weight: Tensor, into result: Tensor) {
        let (geometry, multiplier) = (shape.planes, shape.outputChannels / shape.groups)
        nonisolated(unsafe) let output = result.freshPointer
        overPlanes(shape.batch * shape.inputChannels, shape) { plane in
            let (item, channel) = plane.quotientAndRemainder(dividingBy: shape.inputChannels)
            let target = output + plane * shape.input.area
            target.update(repeating: 0, count: shape.input.area)
            var geometry = geometry, status: Int32 = 0
            for outputChannel in channel * multiplier..<(channel + 1) * multiplier where status == 0 {
                status = ck_depthwise_backward_data(
                    &geometry, gradient.pointer + (item * shape.outputChannels + outputChannel) * shape.output.area,
                    weight.pointer + outputChannel * shape.kernel.area, target)
            }
            return status
        }
    }

    static func backwardWeights(
        _ shape: ConvolutionShape, input: Tensor, gradient: Tensor, into weightGradient: Tensor, bias: Tensor?
    ) {
        let (geometry, multiplier) = (shape.planes, shape.outputChannels / shape.groups)
        nonisolated(unsafe) let (weights, biases) = (weightGradient.freshPointer, bias?.freshPointer)
        weights.update(repeating: 0, count: weightGradient.count)
        biases?.update(repeating: 0, count: shape.outputChannels)
        overPlanes(shape.outputChannels, shape) { channel in
            var geometry = geometry, status: Int32 = 0
            for item in 0..<shape.batch where status == 0 {
                status = ck_depthwise_backward_weights(
                    &geometry, input.pointer + (item * shape.inputChannels + channel / multiplier) * shape.input.area,
                    gradient.pointer + (item * shape.outputChannels + channel) * shape.output.area,
                    weights + channel * shape.kernel.area, biases.map { $0 + channel })
            }
            return status
        }
    }

    private static func overPlanes(_ count: Int, _ shape: ConvolutionShape, _ body: @Sendable (Int) -> Int32) {
        let perBlock = max(1, parallelBlockSize / max(1, shape.output.area * shape.kernel.area / 4))
        parallelBlocks(count, size: perBlock) { planes in
            for plane in planes {
                precondition(body(plane) == 0, "there is no memory for a convolution")
            }
        }
    }
}

extension ConvolutionShape {
    fileprivate var planes: ck_depthwise_geometry {
        return ck_depthwise_geometry(
            input: input.pair, output: output.pair, kernel: kernel.pair, stride: stride.pair,
            dilation: dilation.pair, pad_before: (Int64(padding.top), Int64(padding.left)))
    }
}
