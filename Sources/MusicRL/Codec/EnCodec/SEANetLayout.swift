/// One layer of SEANet as the settings describe it. The published names count all layers, activations too.
///
/// M. Tagliasacchi et al., "SEANet: a multi-modal speech enhancement network", Interspeech 2020; EnCodec's appendix A.
indirect enum SEANetLayer {
    case convolution(SEANetConvolution)
    case recurrent(size: Int, layers: Int)
    case activation
    /// Layers under `block`, around which the input is carried, by `shortcut` or as it is.
    case residual(block: [SEANetLayer], shortcut: SEANetConvolution?)
}

struct SEANetConvolution: Equatable {
    var inputs: Int, outputs: Int, kernel: Int
    var stride = 1, dilation = 1
    var isTransposed = false

    var weightShape: [Int] { isTransposed ? [inputs, outputs, kernel] : [outputs, inputs, kernel] }

    /// Columns to add at each end or, when transposed, to take away: all of the kernel that reaches beyond a step.
    func padding(_ configuration: EnCodecConfiguration) -> (left: Int, right: Int) {
        let total = (kernel - 1) * dilation + 1 - stride
        guard configuration.isCausal else { return (total - total / 2, total / 2) }
        let right = isTransposed ? Int((Double(total) * configuration.trimRightRatio).rounded(.up)) : 0
        return (total - right, right)
    }
}

extension EnCodecConfiguration {
    /// From samples to the vectors that are quantised.
    var encoderLayers: [SEANetLayer] {
        var width = filters
        var layers = [convolution(audioChannels, width, kernelSize)]
        for ratio in upsamplingRatios.reversed() {
            layers += residualBlocks(width)
            layers += [.activation, .convolution(SEANetConvolution(inputs: width, outputs: 2 * width, kernel: 2 * ratio, stride: ratio))]
            width *= 2
        }
        return layers + recurrent(width) + [.activation, convolution(width, hiddenSize, lastKernelSize)]
    }

    /// From quantised vectors to samples.
    var decoderLayers: [SEANetLayer] {
        var width = filters << upsamplingRatios.count
        var layers = [convolution(hiddenSize, width, kernelSize)] + recurrent(width)
        for ratio in upsamplingRatios {
            layers += [.activation, .convolution(SEANetConvolution(
                inputs: width, outputs: width / 2, kernel: 2 * ratio, stride: ratio, isTransposed: true))]
            width /= 2
            layers += residualBlocks(width)
        }
        return layers + [.activation, convolution(width, audioChannels, lastKernelSize)]
    }

    private func convolution(_ inputs: Int, _ outputs: Int, _ kernel: Int) -> SEANetLayer {
        .convolution(SEANetConvolution(inputs: inputs, outputs: outputs, kernel: kernel))
    }

    private func recurrent(_ width: Int) -> [SEANetLayer] {
        recurrentLayers > 0 ? [.recurrent(size: width, layers: recurrentLayers)] : []
    }

    private func residualBlocks(_ width: Int) -> [SEANetLayer] {
        var dilation = 1
        return (0..<residualLayers).map { _ in
            defer { dilation *= dilationGrowthRate }
            let narrow = SEANetConvolution(
                inputs: width, outputs: width / compress, kernel: residualKernelSize, dilation: dilation)
            let wide = SEANetConvolution(inputs: width / compress, outputs: width, kernel: 1)
            return .residual(
                block: [.activation, .convolution(narrow), .activation, .convolution(wide)],
                shortcut: hasConvolvedShortcut ? SEANetConvolution(inputs: width, outputs: width, kernel: 1) : nil)
        }
    }

    /// Frames that must follow a frame before the decoder knows all its samples.
    var decoderLookahead: Int { Self.lastInput(for: hopLength - 1, of: decoderLayers, self) }

    /// The last input column that an output column depends on, far from the ends.
    private static func lastInput(for output: Int, of layers: [SEANetLayer], _ configuration: EnCodecConfiguration) -> Int {
        layers.reversed().reduce(output) { column, layer in
            switch layer {
            case .activation, .recurrent: return column
            case .residual(let block, _): return lastInput(for: column, of: block, configuration)
            case .convolution(let convolution):
                let padding = convolution.padding(configuration)
                if convolution.isTransposed { return (column + padding.left) / convolution.stride }
                return column * convolution.stride - padding.left + (convolution.kernel - 1) * convolution.dilation
            }
        }
    }
}
