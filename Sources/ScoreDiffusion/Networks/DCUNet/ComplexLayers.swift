import NeuralCore

/// An affine map of the last axis by complex numbers.
struct ComplexLinear: Layer {
    var real: Linear, imaginary: Linear

    init(_ inputs: Int, _ outputs: Int, using rng: inout Philox) {
        real = Linear(inputs, outputs, using: &rng)
        imaginary = Linear(inputs, outputs, using: &rng)
    }

    func callAsFunction(_ input: ComplexTensor) -> ComplexTensor {
        input.multiplied(by: { real($0) }, { imaginary($0) })
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("re", &real)
        try visitor.visit("im", &imaginary)
    }
}

/// A convolution of `[batch, channels, bins, frames]` by complex kernels (Trabelsi et al., "Deep Complex Networks",
/// 2018, section 3.2).
struct ComplexConvolution: Layer {
    var real: Conv2D, imaginary: Conv2D

    init(_ inputs: Int, _ stage: DCUNetConfiguration.Stage, using rng: inout Philox) {
        func part() -> Conv2D {
            Conv2D(
                inputs, stage.outputs, kernel: stage.kernelSize, stride: stage.strideSize, padding: stage.padding,
                dilation: stage.dilationSize, bias: false, using: &rng)
        }
        (real, imaginary) = (part(), part())
    }

    func callAsFunction(_ input: ComplexTensor) -> ComplexTensor {
        input.multiplied(by: { real($0) }, { imaginary($0) })
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("re_module", &real)
        try visitor.visit("im_module", &imaginary)
    }
}

/// The transposed convolution that undoes an encoder's change of size.
struct ComplexTransposedConvolution: Layer {
    var real: ConvTranspose2D, imaginary: ConvTranspose2D

    init(_ inputs: Int, _ outputs: Int, _ stage: DCUNetConfiguration.Stage, bias: Bool, using rng: inout Philox) {
        func part() -> ConvTranspose2D {
            ConvTranspose2D(
                inputs, outputs, kernel: stage.kernelSize, stride: stage.strideSize, padding: stage.padding,
                dilation: stage.dilationSize, bias: bias, using: &rng)
        }
        (real, imaginary) = (part(), part())
    }

    /// - Parameter size: bins and frames of the result, one of those that the encoder maps to the input's.
    func callAsFunction(_ input: ComplexTensor, size: Size2D) -> ComplexTensor {
        func sized(_ part: ConvTranspose2D) -> (Tensor) -> Tensor {
            var part = part
            let kernel = Size2D(part.weight.shape[2], part.weight.shape[3])
            func missing(_ wanted: Int, _ length: Int, _ stride: Int, _ padding: Int, _ reach: Int) -> Int {
                wanted - ((length - 1) * stride - padding + reach + 1)
            }
            part.outputPadding = Size2D(
                missing(
                    size.height, input.real.shape[2], part.stride.height, part.padding.top + part.padding.bottom,
                    part.dilation.height * (kernel.height - 1)),
                missing(
                    size.width, input.real.shape[3], part.stride.width, part.padding.left + part.padding.right,
                    part.dilation.width * (kernel.width - 1)))
            return { [part] in part($0) }
        }
        return input.multiplied(by: sized(real), sized(imaginary))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("re_module", &real)
        try visitor.visit("im_module", &imaginary)
    }
}
