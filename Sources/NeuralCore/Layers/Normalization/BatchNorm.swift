import CKernels

/// Normalises each channel over the batch and all positions, then scales and shifts it.
///
/// In training the statistics are those of the batch, and running ones are kept for inference: call `trained(on:)` on
/// the model that `valueAndGradient(of:updatingBuffers:)` lends. `callAsFunction` uses the running statistics.
///
/// S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015.
public struct BatchNorm: Layer {
    /// `[channels]`
    public var weight: Tensor
    public var bias: Tensor
    public var runningMean: Tensor
    public var runningVariance: Tensor
    /// How many batches the running statistics have seen.
    public var batchesTracked = Tensor(scalar: 0)
    public let epsilon: Float
    /// The weight of a new batch in the running statistics.
    public let momentum: Float

    public init(_ channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1) {
        self.epsilon = epsilon
        self.momentum = momentum
        weight = .ones([channels])
        bias = .zeros([channels])
        runningMean = .zeros([channels])
        runningVariance = .ones([channels])
    }

    /// `input` is `[batch, channels, …]`; uses the running statistics.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        let factor = weight * (1 / sqrt(runningVariance + epsilon)), shift = bias - runningMean * factor
        let shape = [weight.count] + [Int](repeating: 1, count: max(0, input.rank - 2))
        return input * factor.reshaped(shape) + shift.reshaped(shape)
    }

    /// `input` is `[batch, channels, …]`; uses and notes the statistics of this batch.
    public mutating func trained(on input: Tensor) -> Tensor {
        let channels = weight.count
        precondition(input.rank >= 2 && input.shape[1] == channels, "\(input.shape) does not have \(channels) channels")
        let plan = BatchNormPlan(
            batch: input.shape[0], channels: channels, plane: input.shape[2...].reduce(1, *), epsilon: epsilon)
        let (value, mean, variance) = plan.apply(input, weight, bias)
        let count = Float(plan.batch * plan.plane)
        runningMean = runningMean.detached * (1 - momentum) + mean * momentum
        runningVariance = runningVariance.detached * (1 - momentum) + variance * (momentum * count / max(1, count - 1))
        batchesTracked = batchesTracked.detached + 1
        return value
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
        try visitor.visitBuffer("running_mean", &runningMean)
        try visitor.visitBuffer("running_var", &runningVariance)
        try visitor.visitBuffer("num_batches_tracked", &batchesTracked)
    }
}

private struct BatchNormPlan: Sendable {
    let batch: Int, channels: Int, plane: Int, epsilon: Float

    /// The result, and the mean and the biased variance of each channel.
    func apply(_ input: Tensor, _ weight: Tensor, _ bias: Tensor) -> (Tensor, Tensor, Tensor) {
        let x = input.detached, scale = weight.detached, shift = bias.detached, size = Float(batch * plane)
        let value = Tensor(uninitialized: x.shape), y = SharedPointer(value.freshPointer)
        let means = Tensor(uninitialized: [channels]), mean = SharedPointer(means.freshPointer)
        let variances = Tensor(uninitialized: [channels]), variance = SharedPointer(variances.freshPointer)
        parallelFor(channels) { channel in
            // Chan's rule joins the moments of one plane after the other.
            var total: Float = 0, squares: Float = 0
            for item in 0..<batch {
                var own: (mean: Float, squares: Float) = (0, 0)
                ck_moments(x.pointer + (item * channels + channel) * plane, plane, &own.mean, &own.squares)
                let difference = own.mean - total, share = 1 / Float(item + 1)
                squares += own.squares + difference * difference * Float(plane) * Float(item) * share
                total += difference * share
            }
            (mean + channel).pointee = total
            (variance + channel).pointee = squares / size
            let factor = scale.pointer[channel] / (squares / size + epsilon).squareRoot()
            for item in 0..<batch {
                let offset = (item * channels + channel) * plane
                ck_unary(
                    CK_AFFINE, x.pointer + offset, y + offset, plane, factor, shift.pointer[channel] - total * factor)
            }
        }
        let result = Tensor.recorded(value, from: [input, weight, bias]) { g in
            gradients(g, x, scale, means, variances)
        }
        return (result, means, variances)
    }

    private func gradients(_ g: Tensor, _ x: Tensor, _ weight: Tensor, _ means: Tensor, _ variances: Tensor) -> [Tensor?] {
        let result = Tensor(uninitialized: x.shape), dx = SharedPointer(result.freshPointer)
        let dweight = Tensor(uninitialized: [channels]), dw = SharedPointer(dweight.freshPointer)
        let dbias = Tensor(uninitialized: [channels]), db = SharedPointer(dbias.freshPointer)
        parallelFor(channels) { channel in
            let mean = means.pointer[channel], rstd = 1 / (variances.pointer[channel] + epsilon).squareRoot()
            var total: Float = 0, dot: Float = 0
            for item in 0..<batch {
                let offset = (item * channels + channel) * plane
                var own: (sum: Float, dot: Float) = (0, 0)
                ck_normalized_sums(g.pointer + offset, x.pointer + offset, plane, mean, rstd, &own.sum, &own.dot)
                total += own.sum
                dot += own.dot
            }
            (dw + channel).pointee = dot
            (db + channel).pointee = total
            let factor = rstd * weight.pointer[channel], size = Float(batch * plane)
            let slope = -factor * rstd * dot / size, constant = -factor * total / size - slope * mean
            for item in 0..<batch {
                let offset = (item * channels + channel) * plane
                ck_combine(g.pointer + offset, x.pointer + offset, dx + offset, plane, factor, slope, constant)
            }
        }
        return [result, dweight, dbias]
    }
}
