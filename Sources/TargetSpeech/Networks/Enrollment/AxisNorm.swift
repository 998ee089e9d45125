import NeuralCore

/// Normalisation over some axes of `[batch, frames, bins, features]` with the published layout of its weights,
/// `[1, features, 1, bins]` (over bins and features) or `[1, features, 1, 1]` (over features alone).
public struct AxisNorm: Layer {
    public var scale: Tensor, shift: Tensor
    private let epsilon: Float

    /// - Parameter bins: nil to normalise each bin by itself.
    init(features: Int, bins: Int? = nil, epsilon: Float) {
        scale = .ones([1, features, 1, bins ?? 1])
        shift = .zeros([1, features, 1, bins ?? 1])
        self.epsilon = epsilon
    }

    /// `input` ends in `[…, features]`, or in `[…, bins, features]`; the result has its shape.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        let (features, bins) = (scale.shape[1], scale.shape[3])
        var norm = LayerNorm(features * bins, epsilon: epsilon, affine: false)
        norm.weight = scale.transposed([0, 2, 3, 1]).reshaped([-1])
        norm.bias = shift.transposed([0, 2, 3, 1]).reshaped([-1])
        return norm(input.reshaped([-1, features * bins])).reshaped(input.shape)
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("gamma", &scale)
        try visitor.visit("beta", &shift)
    }
}
