/// Two-dimensional convolution: y[n, o, i, j] = b[o] + Σ w[o, c, u, v] · x[n, c, s·i + d·u − p, s·j + d·v − p].
///
/// As in every network library, this is a correlation: the kernel is not reversed.
/// - Parameters:
///   - input: `[batch, channels, height, width]`.
///   - weight: `[outputChannels, channels / groups, kernelHeight, kernelWidth]`.
///   - bias: `[outputChannels]`.
///   - groups: the channels are split into this many groups that do not see each other; it divides both counts.
/// - Returns: `[batch, outputChannels, (height + padding − dilation·(kernel − 1) − 1) / stride + 1, …]`.
public func conv2d(
    _ input: Tensor, weight: Tensor, bias: Tensor? = nil, stride: Size2D = 1, padding: Padding2D = 0,
    dilation: Size2D = 1, groups: Int = 1
) -> Tensor {
    precondition(input.rank == 4 && weight.rank == 4, "conv2d of \(input.shape) with weights \(weight.shape)")
    let kernel = Size2D(weight.shape[2], weight.shape[3]), size = Size2D(input.shape[2], input.shape[3])
    let shape = ConvolutionShape(
        batch: input.shape[0], groups: groups, inputChannels: input.shape[1], outputChannels: weight.shape[0],
        input: size,
        output: ConvolutionShape.outputSize(
            of: size, kernel: kernel, stride: stride, dilation: dilation, padding: padding),
        kernel: kernel, stride: stride, dilation: dilation, padding: padding)
    check(shape, weight: weight, bias: bias, channels: shape.outputChannels)
    let reach = (shape.height.reach, shape.width.reach)
    if max(padding.top, padding.bottom) > reach.0 || max(padding.left, padding.right) > reach.1 {
        // Some outputs see only zeros, which the library does not foresee.
        let padded = input.padded([(0, 0), (0, 0), (padding.top, padding.bottom), (padding.left, padding.right)])
        return conv2d(padded, weight: weight, bias: bias, stride: stride, dilation: dilation, groups: groups)
    }
    let value = shape.convolved(input, weight, bias)
    let (x, w, b) = (input.detached, weight.detached, bias)
    let wants = (input: input.requiresGradient, weight: weight.requiresGradient || bias?.requiresGradient == true)
    return .recorded(value, from: [input, weight] + (b.map { [$0] } ?? [])) { gradient in
        let inputGradient = wants.input ? shape.inputGradient(gradient, w) : nil
        guard wants.weight else { return [inputGradient, nil] + (b == nil ? [] : [nil]) }
        let weights = shape.weightGradient(x, gradient, withBias: b != nil)
        return [inputGradient, weights.weight] + (b == nil ? [] : [weights.bias])
    }
}

/// Two-dimensional transposed convolution, the adjoint of `conv2d` with the same weights.
///
/// - Parameters:
///   - input: `[batch, channels, height, width]`.
///   - weight: `[channels, outputChannels / groups, kernelHeight, kernelWidth]`.
///   - bias: `[outputChannels]`.
///   - padding: how much of each side of the full result is left out.
///   - outputPadding: rows and columns added at the end, less than `stride`; they tell apart the sizes that
///     `conv2d` maps to the same one.
/// - Returns: `[batch, outputChannels, (height − 1)·stride − padding + dilation·(kernel − 1) + outputPadding + 1, …]`.
public func convTranspose2d(
    _ input: Tensor, weight: Tensor, bias: Tensor? = nil, stride: Size2D = 1, padding: Padding2D = 0,
    outputPadding: Size2D = 0, dilation: Size2D = 1, groups: Int = 1
) -> Tensor {
    precondition(input.rank == 4 && weight.rank == 4, "convTranspose2d of \(input.shape) with weights \(weight.shape)")
    precondition(
        outputPadding.height < stride.height && outputPadding.width < stride.width,
        "an output padding of \(outputPadding) for a stride of \(stride)")
    func extent(_ length: Int, _ pad: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ extra: Int) -> Int {
        let result = (length - 1) * stride - pad + dilation * (kernel - 1) + extra + 1
        precondition(result > 0, "nothing is left of a transposed convolution of \(length) points")
        return result
    }
    let kernel = Size2D(weight.shape[2], weight.shape[3])
    let result = Size2D(
        extent(
            input.shape[2], padding.top + padding.bottom, kernel.height, stride.height, dilation.height,
            outputPadding.height),
        extent(
            input.shape[3], padding.left + padding.right, kernel.width, stride.width, dilation.width,
            outputPadding.width))
    let shape = ConvolutionShape(
        batch: input.shape[0], groups: groups, inputChannels: weight.shape[1] * groups,
        outputChannels: input.shape[1], input: result, output: Size2D(input.shape[2], input.shape[3]), kernel: kernel,
        stride: stride, dilation: dilation, padding: padding)
    check(shape, weight: weight, bias: bias, channels: shape.inputChannels)
    precondition(
        max(padding.top, padding.bottom) <= shape.height.reach && max(padding.left, padding.right) <= shape.width.reach,
        "a padding of \(padding) leaves out more than a kernel of \(kernel) adds")
    let value = shape.inputGradient(input, weight)
    if let bias { ChannelBias.add(bias, to: value, area: result.area) }
    let (x, w, b) = (input.detached, weight.detached, bias)
    let wants = (input: input.requiresGradient, weight: weight.requiresGradient)
    return .recorded(value, from: [input, weight] + (b.map { [$0] } ?? [])) { gradient in
        let inputGradient = wants.input ? shape.convolved(gradient, w, nil) : nil
        let weightGradient = wants.weight ? shape.weightGradient(gradient, x, withBias: false).weight : nil
        guard let b else { return [inputGradient, weightGradient] }
        let sums = Tensor(uninitialized: b.shape)
        ChannelBias.sum(gradient, channels: b.count, area: result.area, into: sums)
        return [inputGradient, weightGradient, sums]
    }
}

/// One-dimensional convolution of `[batch, channels, time]` with weights
/// `[outputChannels, channels / groups, kernel]`; see `conv2d(_:weight:bias:stride:padding:dilation:groups:)`.
public func conv1d(
    _ input: Tensor, weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Padding1D = 0, dilation: Int = 1,
    groups: Int = 1
) -> Tensor {
    precondition(input.rank == 3 && weight.rank == 3, "conv1d of \(input.shape) with weights \(weight.shape)")
    return conv2d(
        input.expanded(at: 2), weight: weight.expanded(at: 2), bias: bias, stride: Size2D(1, stride),
        padding: padding.asWidth, dilation: Size2D(1, dilation), groups: groups
    ).squeezed(at: 2)
}

/// One-dimensional transposed convolution of `[batch, channels, time]` with weights
/// `[channels, outputChannels / groups, kernel]`.
public func convTranspose1d(
    _ input: Tensor, weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Padding1D = 0,
    outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1
) -> Tensor {
    precondition(input.rank == 3 && weight.rank == 3, "convTranspose1d of \(input.shape) with weights \(weight.shape)")
    return convTranspose2d(
        input.expanded(at: 2), weight: weight.expanded(at: 2), bias: bias, stride: Size2D(1, stride),
        padding: padding.asWidth, outputPadding: Size2D(0, outputPadding), dilation: Size2D(1, dilation),
        groups: groups
    ).squeezed(at: 2)
}

private func check(_ shape: ConvolutionShape, weight: Tensor, bias: Tensor?, channels: Int) {
    precondition(
        shape.groups > 0 && shape.inputChannels % shape.groups == 0 && shape.outputChannels % shape.groups == 0
            && weight.shape[1] == shape.inputChannels / shape.groups,
        "weights \(weight.shape) for \(shape.inputChannels) channels in \(shape.groups) groups")
    precondition(bias == nil || bias!.shape == [channels], "a bias of shape \(bias!.shape) for \(channels) channels")
}
