import CKernels

extension Tensor {
    /// Applies a C kernel to every element, recorded.
    func mapped(_ operation: ck_unary_op, _ p: Float = 0, _ q: Float = 0) -> Tensor {
        let input = detached, output = Tensor(uninitialized: shape)
        let y = SharedPointer(output.freshPointer)
        parallelBlocks(input.count, size: parallelBlockSize) { range in
            let start = range.lowerBound
            ck_unary(operation, input.pointer + start, y + start, range.count, p, q)
        }
        return Tensor.recorded(output, from: [self]) { gradient in
            let result = Tensor(uninitialized: input.shape)
            let dx = SharedPointer(result.freshPointer)
            parallelBlocks(input.count, size: parallelBlockSize) { range in
                let start = range.lowerBound
                ck_unary_gradient(
                    operation, gradient.pointer + start, input.pointer + start, output.pointer + start, dx + start,
                    range.count, p, q)
            }
            return [result]
        }
    }
}

public func exp(_ x: Tensor) -> Tensor { x.mapped(CK_EXP) }
/// The natural logarithm.
public func log(_ x: Tensor) -> Tensor { x.mapped(CK_LOG) }
public func sin(_ x: Tensor) -> Tensor { x.mapped(CK_SIN) }
public func cos(_ x: Tensor) -> Tensor { x.mapped(CK_COS) }
public func tanh(_ x: Tensor) -> Tensor { x.mapped(CK_TANH) }
/// 1 / (1 + e^-x)
public func sigmoid(_ x: Tensor) -> Tensor { x.mapped(CK_SIGMOID) }
/// max(x, 0)
public func relu(_ x: Tensor) -> Tensor { x.mapped(CK_RELU) }
/// x above zero, `slope` x below.
public func leakyReLU(_ x: Tensor, slope: Float = 0.01) -> Tensor { x.mapped(CK_LEAKY_RELU, slope) }
/// x above zero, `alpha` (e^x - 1) below.
public func elu(_ x: Tensor, alpha: Float = 1) -> Tensor { x.mapped(CK_ELU, alpha) }
/// x sigmoid(x), also called swish.
public func silu(_ x: Tensor) -> Tensor { x.mapped(CK_SILU) }
/// x Φ(x), with the exact normal distribution function.
public func gelu(_ x: Tensor) -> Tensor { x.mapped(CK_GELU) }
/// log(1 + e^x)
public func softplus(_ x: Tensor) -> Tensor { x.mapped(CK_SOFTPLUS) }
public func sqrt(_ x: Tensor) -> Tensor { x.mapped(CK_SQRT) }
public func square(_ x: Tensor) -> Tensor { x.mapped(CK_SQUARE) }
public func abs(_ x: Tensor) -> Tensor { x.mapped(CK_ABS) }
/// x^exponent; `NaN` for negative x and a fractional exponent.
public func power(_ x: Tensor, _ exponent: Float) -> Tensor { x.mapped(CK_POWER, exponent) }
/// The nearest value in `range`. The gradient is zero outside.
public func clamp(_ x: Tensor, to range: ClosedRange<Float>) -> Tensor {
    x.mapped(CK_CLAMP, range.lowerBound, range.upperBound)
}
/// Values below `minimum` are raised to it, values above `maximum` lowered.
public func clamp(_ x: Tensor, minimum: Float = -.infinity, maximum: Float = .infinity) -> Tensor {
    x.mapped(CK_CLAMP, minimum, maximum)
}
