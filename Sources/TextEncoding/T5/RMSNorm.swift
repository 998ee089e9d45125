import NeuralCore

/// Scales the last axis to a mean square of 1, then each feature. No mean is taken away and nothing is added.
///
/// B. Zhang and R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.
public struct RMSNorm: Layer {
    /// `[features]`
    public var weight: Tensor
    public let epsilon: Float

    public init(_ features: Int, epsilon: Float) {
        weight = .ones([features])
        self.epsilon = epsilon
    }

    /// `input` is `[…, features]`, the result has its shape.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        input / sqrt(square(input).mean(axes: [-1], keepingDimensions: true) + epsilon) * weight
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
    }
}
