/// Transposed convolution of `[batch, inputChannels, height, width]`;
/// see `convTranspose2d(_:weight:bias:stride:padding:outputPadding:dilation:groups:)`.
public struct ConvTranspose2D: Layer {
    /// `[inputChannels, outputChannels / groups, kernelHeight, kernelWidth]`.
    public var weight: Tensor
    /// `[outputChannels]`.
    public var bias: Tensor?
    public var stride: Size2D, padding: Padding2D, outputPadding: Size2D, dilation: Size2D, groups: Int

    /// Weights and bias are uniform in ±1/√(outputChannels / groups · kernel area).
    public init(
        _ inputChannels: Int, _ outputChannels: Int, kernel: Size2D, stride: Size2D = 1, padding: Padding2D = 0,
        outputPadding: Size2D = 0, dilation: Size2D = 1, groups: Int = 1, bias: Bool = true,
        using rng: inout Philox
    ) {
        let outputs = outputChannels / groups
        let bound = 1 / Float(outputs * kernel.area).squareRoot()
        weight = .uniform([inputChannels, outputs, kernel.height, kernel.width], in: -bound...bound, using: &rng)
        self.bias = bias ? .uniform([outputChannels], in: -bound...bound, using: &rng) : nil
        self.stride = stride
        self.padding = padding
        self.outputPadding = outputPadding
        self.dilation = dilation
        self.groups = groups
    }

    public func callAsFunction(_ input: Tensor) -> Tensor {
        convTranspose2d(
            input, weight: weight, bias: bias, stride: stride, padding: padding, outputPadding: outputPadding,
            dilation: dilation, groups: groups)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
    }
}

/// Transposed convolution of `[batch, inputChannels, time]`.
public struct ConvTranspose1D: Layer {
    /// `[inputChannels, outputChannels / groups, kernel]`.
    public var weight: Tensor
    /// `[outputChannels]`.
    public var bias: Tensor?
    public var stride: Int, padding: Padding1D, outputPadding: Int, dilation: Int, groups: Int

    /// Weights and bias are uniform in ±1/√(outputChannels / groups · kernel).
    public init(
        _ inputChannels: Int, _ outputChannels: Int, kernel: Int, stride: Int = 1, padding: Padding1D = 0,
        outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1, bias: Bool = true, using rng: inout Philox
    ) {
        let outputs = outputChannels / groups
        let bound = 1 / Float(outputs * kernel).squareRoot()
        weight = .uniform([inputChannels, outputs, kernel], in: -bound...bound, using: &rng)
        self.bias = bias ? .uniform([outputChannels], in: -bound...bound, using: &rng) : nil
        self.stride = stride
        self.padding = padding
        self.outputPadding = outputPadding
        self.dilation = dilation
        self.groups = groups
    }

    public func callAsFunction(_ input: Tensor) -> Tensor {
        convTranspose1d(
            input, weight: weight, bias: bias, stride: stride, padding: padding, outputPadding: outputPadding,
            dilation: dilation, groups: groups)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
    }
}
