/// The three computations of a convolution, each by the method that suits its sizes.
extension ConvolutionShape {
    /// `[batch, outputChannels, height, width]`.
    func convolved(_ input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
        let result = Tensor(uninitialized: [batch, outputChannels, output.height, output.width])
        guard result.count > 0 else { return result }
        if isDepthwise {
            DepthwiseConvolution.forward(self, input: input, weight: weight, bias: bias, into: result)
        } else if isPointwise {
            PointwiseConvolution.forward(self, input: input, weight: weight, bias: bias, into: result)
        } else if FewOutputConvolution.suits(self) {
            FewOutputConvolution.forward(self, input: input, weight: weight, bias: bias, into: result)
        } else if WinogradConvolution.suits(self) {
            WinogradConvolution.forward(self, input: input, weight: weight, bias: bias, into: result)
        } else {
            LibraryConvolution.forward(self, input: input, weight: weight, bias: bias, into: result)
        }
        return result
    }

    /// The gradient of the input, `[batch, inputChannels, height, width]`.
    func inputGradient(_ gradient: Tensor, _ weight: Tensor) -> Tensor {
        let result = Tensor(uninitialized: [batch, inputChannels, input.height, input.width])
        guard result.count > 0 else { return result }
        if isDepthwise {
            DepthwiseConvolution.backwardData(self, gradient: gradient, weight: weight, into: result)
        } else if isPointwise {
            PointwiseConvolution.backwardData(self, gradient: gradient, weight: weight, into: result)
        } else if FewOutputConvolution.suitsBackwardData(self) {
            FewOutputConvolution.backwardData(self, gradient: gradient, weight: weight, into: result)
        } else if WinogradConvolution.suits(self) {
            WinogradConvolution.backwardData(self, gradient: gradient, weight: weight, into: result)
        } else {
            LibraryConvolution.backwardData(self, gradient: gradient, weight: weight, into: result)
        }
        return result
    }

    /// The gradients of the weights, `[outputChannels, inputChannels / groups, height, width]`, and of the bias.
    func weightGradient(_ input: Tensor, _ gradient: Tensor, withBias: Bool) -> (weight: Tensor, bias: Tensor?) {
        let weight = Tensor(uninitialized: [outputChannels, inputChannels / groups, kernel.height, kernel.width])
        let bias = withBias ? Tensor(uninitialized: [outputChannels]) : nil
        guard gradient.count > 0 else { return (.zeros(weight.shape), bias.map { .zeros($0.shape) }) }
        if isDepthwise {
            DepthwiseConvolution.backwardWeights(self, input: input, gradient: gradient, into: weight, bias: bias)
        } else if isPointwise {
            PointwiseConvolution.backwardWeights(self, input: input, gradient: gradient, into: weight, bias: bias)
        } else {
            LibraryConvolution.backwardWeights(self, input: input, gradient: gradient, into: weight, bias: bias)
        }
        return (weight, bias)
    }
}
