/// Convolution of `[batch, inputChannels, height, width]`; see `conv2d(_:weight:bias:stride:padding:dilation:groups:)`.
public struct Conv2D: Layer {
    /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`.
    public var weight: Tensor
    /// `[outputChannels]`.
    public var bias: Tensor?
    public var stride: Size2D, padding: Padding2D, dilation: Size2D, groups: Int

    /// Weights and bias are uniform in ±1/√(inputs of an output).
    public init(
        _ inputChannels: Int, _ outputChannels: Int, kernel: Size2D, stride: Size2D = 1, padding: Padding2D = 0,
        dilation: Size2D = 1, groups: Int = 1, bias: Bool = true, using rng: inout Philox
    ) {
        let inputs = inputChannels / groups
        let bound = 1 / Float(inputs * kernel.area).squareRoot()
        self.init(
            weight: .uniform(
                [outputChannels, inputs, kernel.height, kernel.width], in: -bound...bound, using: &rng),
            bias: bias ? .uniform([outputChannels], in: -bound...bound, using: &rng) : nil,
            stride: stride, padding: padding, dilation: dilation, groups: groups)
    }

    public init(
        weight: Tensor, bias: Tensor?, stride: Size2D = 1, padding: Padding2D = 0, dilation: Size2D = 1,
        groups: Int = 1
    ) {
        self.weight = weight
        self.bias = bias
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
    }

    public func callAsFunction(_ input: Tensor) -> Tensor {
        conv2d(
            input, weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
    }
}

/// Convolution of `[batch, inputChannels, time]`.
public struct Conv1D: Layer {
    /// `[outputChannels, inputChannels / groups, kernel]`.
    public var weight: Tensor
    /// `[outputChannels]`.
    public var bias: Tensor?
    public var stride: Int, padding: Padding1D, dilation: Int, groups: Int

    /// Weights and bias are uniform in ±1/√(inputs of an output).
    public init(
        _ inputChannels: Int, _ outputChannels: Int, kernel: Int, stride: Int = 1, padding: Padding1D = 0,
        dilation: Int = 1, groups: Int = 1, bias: Bool = true, using rng: inout Philox
    ) {
        let inputs = inputChannels / groups
        let bound = 1 / Float(inputs * kernel).squareRoot()
        weight = .uniform([outputChannels, inputs, kernel], in: -bound...bound, using: &rng)
        self.bias = bias ? .uniform([outputChannels], in: -bound...bound, using: &rng) : nil
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
    }

    public func callAsFunction(_ input: Tensor) -> Tensor {
        conv1d(
            input, weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
    }
}
