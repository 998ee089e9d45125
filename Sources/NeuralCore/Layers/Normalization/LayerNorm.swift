import CKernels

/// Normalises the last axis to mean 0 and variance 1, then scales and shifts it
/// (Ba, Kiros and Hinton, "Layer Normalization", 2016).
///
/// `weight` and `bias` are `[features]`; the input is `[…, features]`.
public struct LayerNorm: Layer {
    public var weight: Tensor, bias: Tensor
    public let epsilon: Float

    public init(_ features: Int, epsilon: Float = 1e-5) {
        weight = .ones([features])
        bias = .zeros([features])
        self.epsilon = epsilon
    }

    public func callAsFunction(_ input: Tensor) -> Tensor {
        let size = weight.count
        precondition(input.shape.last == size, "the last axis must have \(size) features, not \(input.shape)")
        let rows = input.count / size, block = max(1, parallelBlockSize / size)
        let value = Tensor(uninitialized: input.shape)
        let statistics = Tensor(uninitialized: [2, rows])
        parallelBlocks(rows, size: block) { [weight, bias, epsilon] range in
            let start = range.lowerBound
            ck_layer_norm(
                input.pointer + start * size, weight.pointer, bias.pointer, epsilon, value.freshPointer + start * size,
                statistics.freshPointer + start, statistics.freshPointer + rows + start, range.count, size)
        }
        return Tensor.recorded(value, from: [input, weight, bias]) {
            [input = input.detached, weight = weight.detached] gradient in
            let blocks = (rows + block - 1) / block
            let dx = Tensor(uninitialized: input.shape)
            let partials = Tensor(uninitialized: [blocks, 2, size])
            parallelBlocks(rows, size: block) { range in
                let start = range.lowerBound, partial = partials.freshPointer + start / block * 2 * size
                ck_layer_norm_gradient(
                    gradient.pointer + start * size, input.pointer + start * size, weight.pointer,
                    statistics.pointer + start, statistics.pointer + rows + start, dx.freshPointer + start * size,
                    partial, partial + size, range.count, size)
            }
            let sums = partials.sum(axes: [0])
            return [
                dx, sums.sliced(axis: 0, 0..<1).reshaped([size]), sums.sliced(axis: 0, 1..<2).reshaped([size]),
            ]
        }
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
    }
}
