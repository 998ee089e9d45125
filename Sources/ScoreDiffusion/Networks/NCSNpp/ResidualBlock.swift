import NeuralCore

/// Two convolutions whose activations are shifted by the time embedding, around a shortcut; it may halve or double the
/// resolution on its way (Brock et al. 2019; Ho et al. 2020; Song et al. 2021, appendix H).
///
/// `input` is `[batch, channels, height, width]`, `embedding` is `[batch, embeddingSize]` before any activation.
struct ResidualBlock: Layer {
    /// What the block does to the resolution of both branches.
    enum Direction { case same, up, down }

    /// How the input reaches the output when it cannot be added as it is.
    enum Shortcut { case pointwise, matrix, convolution }

    var norm0: GroupNorm, norm1: GroupNorm
    var convolution0: Conv2D, convolution1: Conv2D
    var dense: Linear
    var shortcut: Conv2D?
    var matrixShortcut: ChannelMap?
    let direction: Direction, resampling: Resampling, activation: Activation, rescales: Bool

    init(
        _ inputs: Int, _ outputs: Int, embedding: Int, direction: Direction = .same, shortcut kind: Shortcut,
        resampling: Resampling, activation: Activation, rescales: Bool, using rng: inout Philox
    ) {
        (self.direction, self.resampling, self.activation, self.rescales) = (direction, resampling, activation, rescales)
        norm0 = .ncsnpp(inputs)
        convolution0 = .scaled(inputs, outputs, using: &rng)
        dense = .scaled(embedding, outputs, using: &rng)
        norm1 = .ncsnpp(outputs)
        convolution1 = .scaled(outputs, outputs, scale: 0, using: &rng)
        guard inputs != outputs || direction != .same else { return }
        switch kind {
        case .pointwise: shortcut = .scaled(inputs, outputs, size: 1, using: &rng)
        case .convolution: shortcut = .scaled(inputs, outputs, using: &rng)
        case .matrix: matrixShortcut = ChannelMap(inputs, outputs, using: &rng)
        }
    }

    /// - Parameter drop: zeroes some of the activations ahead of the second convolution, in training.
    func callAsFunction(_ input: Tensor, embedding: Tensor, drop: (Tensor) -> Tensor = { $0 }) -> Tensor {
        var hidden = resampled(activation(norm0(input)))
        let shift = dense(activation(embedding))
        hidden = convolution0(hidden) + shift.reshaped(shift.shape + [1, 1])
        hidden = convolution1(drop(activation(norm1(hidden))))
        var carried = resampled(input)
        if let shortcut { carried = shortcut(carried) }
        if let matrixShortcut { carried = matrixShortcut(image: carried) }
        return rescales ? (carried + hidden) * Float(0.5.squareRoot()) : carried + hidden
    }

    private func resampled(_ image: Tensor) -> Tensor {
        switch direction {
        case .same: image
        case .up: resampling.up(image)
        case .down: resampling.down(image)
        }
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("GroupNorm_0", &norm0)
        try visitor.visit("Conv_0", &convolution0)
        try visitor.visit("Dense_0", &dense)
        try visitor.visit("GroupNorm_1", &norm1)
        try visitor.visit("Conv_1", &convolution1)
        try visitor.visit("Conv_2", &shortcut)
        try visitor.visit("NIN_0", &matrixShortcut)
    }
}
