import NeuralCore

/// A matrix across channels, "network in network": `y = x W + b` with `W` stored `[inputs, outputs]`.
struct ChannelMap: Layer {
    var weight: Tensor, bias: Tensor

    init(_ inputs: Int, _ outputs: Int, scale: Double = 0.1, using rng: inout Philox) {
        weight = varianceScaled([inputs, outputs], fanIn: inputs, fanOut: outputs, scale: scale, using: &rng)
        bias = .zeros([outputs])
    }

    /// `[batch, positions, inputs]` to `[batch, positions, outputs]`.
    func callAsFunction(positions: Tensor) -> Tensor { matmul(positions, weight) + bias }

    /// `[batch, inputs, height, width]` to `[batch, outputs, height, width]`.
    func callAsFunction(image: Tensor) -> Tensor {
        ImagePositions(image).image(self(positions: ImagePositions(image).tensor))
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("W", &weight)
        try visitor.visit("b", &bias)
    }
}

/// An image `[batch, channels, height, width]` as a sequence of its pixels `[batch, height · width, channels]`.
struct ImagePositions {
    let tensor: Tensor
    private let height: Int, width: Int

    init(_ image: Tensor) {
        (height, width) = (image.shape[2], image.shape[3])
        tensor = image.reshaped([image.shape[0], image.shape[1], height * width]).transposed([0, 2, 1])
    }

    /// Back to an image with the channels of `positions`.
    func image(_ positions: Tensor) -> Tensor {
        let (batch, channels) = (positions.shape[0], positions.shape[2])
        return positions.transposed([0, 2, 1]).reshaped([batch, channels, height, width])
    }
}
