import CKernels

/// Normalises the last axis to mean 0 and variance 1, then scales and shifts each feature.
///
/// J. L. Ba et al., "Layer normalization", 2016.
public struct LayerNorm: Layer {
    /// `[features]`; `nil` together with `bias` for the bare normalisation.
    public var weight: Tensor?
    public var bias: Tensor?
    public let features: Int
    public let epsilon: Float

    public init(_ features: Int, epsilon: Float = 1e-5, affine: Bool = true) {
        self.features = features
        self.epsilon = epsilon
        if affine { (weight, bias) = (.ones([features]), .zeros([features])) }
    }

    /// `input` is `[…, features]`, the result has its shape.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        precondition(input.shape.last == features, "the last axis must have \(features) features, not \(input.shape)")
        let plan = LayerNormPlan(rows: input.count / features, width: features, epsilon: epsilon)
        return plan.apply(input, weight, bias)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
    }
}

private struct LayerNormPlan: Sendable {
    let rows: Int, width: Int, epsilon: Float

    var block: Int { max(1, parallelBlockSize / width) }
    var blocks: Int { (rows + block - 1) / block }

    func apply(_ input: Tensor, _ weight: Tensor?, _ bias: Tensor?) -> Tensor {
        let value = Tensor(uninitialized: input.shape), statistics = Tensor(uninitialized: [2, rows])
        let (y, mean) = (SharedPointer(value.freshPointer), SharedPointer(statistics.freshPointer))
        let x = input.detached, scale = weight?.detached, shift = bias?.detached
        parallelBlocks(rows, size: block) { range in
            let start = range.lowerBound
            ck_layer_norm(
                x.pointer + start * width, scale?.pointer, shift?.pointer, y + start * width, mean + start,
                mean + (rows + start), range.count, width, epsilon)
        }
        return Tensor.recorded(value, from: [input] + [weight, bias].compactMap { $0 }) { g in
            gradients(g, x, scale, statistics)
        }
    }

    private func gradients(_ g: Tensor, _ x: Tensor, _ weight: Tensor?, _ statistics: Tensor) -> [Tensor?] {
        let result = Tensor(uninitialized: x.shape), dx = SharedPointer(result.freshPointer)
        let partial = Tensor(uninitialized: [blocks, 2, width]), sums = SharedPointer(partial.freshPointer)
        let mean = statistics.pointer
        nonisolated(unsafe) let (means, deviations) = (mean, mean + rows)
        parallelBlocks(rows, size: block) { range in
            let start = range.lowerBound, own = sums + start / block * 2 * width
            ck_layer_norm_gradient(
                g.pointer + start * width, x.pointer + start * width, weight?.pointer, means + start,
                deviations + start, dx + start * width, own, own + width, range.count, width)
        }
        guard weight != nil else { return [result] }
        let sum = partial.sum(axes: [0]).split(axis: 0, sizes: [1, 1])
        return [result, sum[0].reshaped([width]), sum[1].reshaped([width])]
    }
}
