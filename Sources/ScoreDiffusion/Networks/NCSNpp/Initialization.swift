import NeuralCore

/// Uniform weights of variance `scale / average(fanIn, fanOut)`, the initialisation of NCSN++.
///
/// A scale of 0 stands for 1e-10: layers that close a branch begin next to nothing but keep a gradient.
func varianceScaled(_ shape: [Int], fanIn: Int, fanOut: Int, scale: Double, using rng: inout Philox) -> Tensor {
    let variance = (scale == 0 ? 1e-10 : scale) / (Double(fanIn + fanOut) / 2)
    let limit = Float((3 * variance).squareRoot())
    return .uniform(shape, in: -limit...limit, using: &rng)
}

extension Conv2D {
    /// A square convolution that keeps the size, initialised as in NCSN++.
    static func scaled(
        _ inputs: Int, _ outputs: Int, size: Int = 3, padding: Int? = nil, stride: Int = 1, scale: Double = 1,
        using rng: inout Philox
    ) -> Conv2D {
        Conv2D(
            weight: varianceScaled(
                [outputs, inputs, size, size], fanIn: inputs * size * size, fanOut: outputs * size * size,
                scale: scale, using: &rng),
            bias: .zeros([outputs]), stride: Size2D(stride, stride),
            padding: Padding2D(integerLiteral: padding ?? size / 2))
    }
}

extension Linear {
    /// A linear layer initialised as in NCSN++.
    static func scaled(_ inputs: Int, _ outputs: Int, using rng: inout Philox) -> Linear {
        Linear(
            weight: varianceScaled([outputs, inputs], fanIn: inputs, fanOut: outputs, scale: 1, using: &rng),
            bias: .zeros([outputs]))
    }
}

extension GroupNorm {
    /// Groups of at least 4 channels, at most 32 of them.
    static func ncsnpp(_ channels: Int) -> GroupNorm {
        GroupNorm(groups: min(max(channels / 4, 1), 32), channels: channels, epsilon: 1e-6)
    }
}
