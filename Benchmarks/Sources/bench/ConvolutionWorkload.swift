import NeuralCore

/// One convolution with 'same' padding: forward, or forward and all gradients.
struct ConvolutionWorkload: Workload {
    var batch: Int = 1
    var inputs: Int
    var outputs: Int
    var height: Int
    var width: Int
    var kernel: Int = 3
    var groups: Int = 1
    var backward: Bool = false

    var name: String {
        let kind = groups > 1 ? "depthwise \(kernel)x\(kernel)" : "conv \(kernel)x\(kernel)"
        return "\(kind) \(batch)x\(inputs)→\(outputs) \(height)x\(width)\(backward ? " with gradients" : "")"
    }

    var settings: [String: any Sendable] {
        [
            "task": "convolution", "batch": batch, "inputs": inputs, "outputs": outputs, "height": height,
            "width": width, "kernel": kernel, "groups": groups, "backward": backward,
        ]
    }

    var operations: Double? {
        2 * Double(batch * height * width * outputs * inputs / groups * kernel * kernel) * (backward ? 3 : 1)
    }

    func prepare() -> () -> Void {
        var rng = Philox(seed: 1)
        let x = Tensor.gaussian([batch, inputs, height, width], using: &rng)
        let layer = Conv2D(
            inputs, outputs, kernel: Size2D(kernel, kernel), padding: Padding2D(kernel / 2, kernel / 2),
            groups: groups, using: &rng)
        let cotangent = Tensor.gaussian([batch, outputs, height, width], using: &rng)
        guard backward else { return { _ = layer(x) } }
        return {
            _ = valueAndGradient(at: [x, layer.weight, layer.bias!]) { operands in
                (Conv2D(weight: operands[1], bias: operands[2], padding: layer.padding, groups: groups)(operands[0])
                    * cotangent).sum()
            }
        }
    }

    static let all: [ConvolutionWorkload] = [false, true].flatMap { backward in
        [
            ConvolutionWorkload(inputs: 128, outputs: 128, height: 256, width: 256, backward: backward),
            ConvolutionWorkload(inputs: 256, outputs: 256, height: 64, width: 64, backward: backward),
            ConvolutionWorkload(inputs: 256, outputs: 256, height: 16, width: 16, backward: backward),
            ConvolutionWorkload(batch: 2, inputs: 32, outputs: 32, height: 256, width: 256, backward: backward),
            ConvolutionWorkload(batch: 2, inputs: 16, outputs: 16, height: 256, width: 256, backward: backward),
            ConvolutionWorkload(batch: 2, inputs: 4, outputs: 32, height: 256, width: 256, backward: backward),
            ConvolutionWorkload(batch: 2, inputs: 32, outputs: 4, height: 256, width: 256, backward: backward),
            ConvolutionWorkload(batch: 2, inputs: 64, outputs: 32, height: 256, width: 256, kernel: 1, backward: backward),
            ConvolutionWorkload(batch: 2, inputs: 64, outputs: 64, height: 128, width: 128, groups: 64, backward: backward),
        ]
    }
}
