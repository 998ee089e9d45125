import CKernels

/// x above zero, a learned slope times x below; `weight` holds one slope for all channels or one for each.
///
/// K. He et al., "Delving deep into rectifiers", ICCV 2015.
public struct PReLU: Layer {
    public var weight: Tensor

    public init(channels: Int = 1, slope: Float = 0.25) {
        weight = .full([channels], slope)
    }

    /// `input` is `[batch, channels, …]`.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        guard weight.count > 1 else { return withOneSlope(input) }
        let slopes = weight.reshaped([-1] + Array(repeating: 1, count: max(0, input.rank - 2)))
        return relu(input) - slopes * relu(-input)
    }

    private func withOneSlope(_ input: Tensor) -> Tensor {
        let slope = weight.item, shape = weight.shape
        return Tensor.recorded(leakyReLU(input.detached, slope: slope), from: [input, weight]) { [x = input.detached] gradient in
            let result = Tensor(uninitialized: x.shape), dx = SharedPointer(result.freshPointer)
            parallelBlocks(x.count, size: parallelBlockSize) { range in
                let start = range.lowerBound
                ck_unary_gradient(
                    CK_LEAKY_RELU, gradient.pointer + start, x.pointer + start, x.pointer + start, dx + start, range.count,
                    slope, 0)
            }
            return [result, (gradient.detached * -relu(-x)).sum().reshaped(shape)]
        }
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
    }
}
