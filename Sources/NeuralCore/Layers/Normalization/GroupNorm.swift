import CKernels

/// Normalises groups of channels to mean 0 and variance 1, then scales and shifts each channel.
///
/// Y. Wu and K. He, "Group normalization", ECCV 2018.
public struct GroupNorm: Layer {
    /// `[channels]`
    public var weight: Tensor
    public var bias: Tensor
    public let groups: Int
    public let epsilon: Float

    public init(groups: Int, channels: Int, epsilon: Float = 1e-5) {
        precondition(groups > 0 && channels % groups == 0, "\(channels) channels do not make \(groups) groups")
        self.groups = groups
        self.epsilon = epsilon
        weight = .ones([channels])
        bias = .zeros([channels])
    }

    /// `input` is `[batch, channels, …]`, the result has its shape.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        let channels = weight.count
        precondition(input.rank >= 2 && input.shape[1] == channels, "\(input.shape) does not have \(channels) channels")
        let plan = GroupNormPlan(
            batch: input.shape[0], groups: groups, groupChannels: channels / groups,
            plane: input.shape[2...].reduce(1, *), epsilon: epsilon)
        return plan.apply(input, weight, bias)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
        try visitor.visit("bias", &bias)
    }
}

private struct GroupNormPlan: Sendable {
    let batch: Int, groups: Int, groupChannels: Int, plane: Int, epsilon: Float

    var channels: Int { groups * groupChannels }
    var groupSize: Int { groupChannels * plane }

    func apply(_ input: Tensor, _ weight: Tensor, _ bias: Tensor) -> Tensor {
        let x = input.detached, scale = weight.detached, shift = bias.detached
        let value = Tensor(uninitialized: x.shape), y = SharedPointer(value.freshPointer)
        let statistics = Tensor(uninitialized: [batch * groups, 2]), moments = SharedPointer(statistics.freshPointer)
        parallelFor(batch * groups) { group in
            let start = group * groupSize, own = moments + 2 * group
            var squares: Float = 0
            ck_moments(x.pointer + start, groupSize, own, &squares)
            own[1] = 1 / (squares / Float(groupSize) + epsilon).squareRoot()
            for channel in 0..<groupChannels {
                let index = group % groups * groupChannels + channel, offset = start + channel * plane
                let factor = own[1] * scale.pointer[index]
                ck_unary(
                    CK_AFFINE, x.pointer + offset, y + offset, plane, factor, shift.pointer[index] - own[0] * factor)
            }
        }
        return Tensor.recorded(value, from: [input, weight, bias]) { g in gradients(g, x, scale, statistics) }
    }

    private func gradients(_ g: Tensor, _ x: Tensor, _ weight: Tensor, _ statistics: Tensor) -> [Tensor?] {
        let result = Tensor(uninitialized: x.shape), dx = SharedPointer(result.freshPointer)
        let sums = Tensor(uninitialized: [2, batch, channels]), sum = SharedPointer(sums.freshPointer)
        parallelFor(batch * groups) { group in
            let start = group * groupSize, mean = statistics.pointer[2 * group], rstd = statistics.pointer[2 * group + 1]
            let own = sum + group * groupChannels, dots = own + batch * channels
            var total: Float = 0, dot: Float = 0
            for channel in 0..<groupChannels {
                let offset = start + channel * plane, factor = weight.pointer[group % groups * groupChannels + channel]
                ck_normalized_sums(
                    g.pointer + offset, x.pointer + offset, plane, mean, rstd, own + channel, dots + channel)
                total += factor * own[channel]
                dot += factor * dots[channel]
            }
            // dx = rstd (w g − total/M − x̂ dot/M), with x̂ = (x − mean) rstd
            let slope = -rstd * rstd * dot / Float(groupSize)
            let constant = -rstd * total / Float(groupSize) - slope * mean
            for channel in 0..<groupChannels {
                let offset = start + channel * plane
                let factor = rstd * weight.pointer[group % groups * groupChannels + channel]
                ck_combine(g.pointer + offset, x.pointer + offset, dx + offset, plane, factor, slope, constant)
            }
        }
        let byChannel = sums.sum(axes: [1]).split(axis: 0, sizes: [1, 1])
        return [result, byChannel[1].reshaped([channels]), byChannel[0].reshaped([channels])]
    }
}
