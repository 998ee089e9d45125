import NeuralCore

/// Leaves the state as it is, without a network call or a draw.
public struct StationaryPredictor: Predictor {
    public init() {}

    public var networkCalls: Int { 0 }

    public func update(
        _ state: Tensor, around noisy: Tensor, at time: Double, stepSize: Double, sde: some SDE,
        using noise: inout some DiffusionNoise, score: (Tensor, Double) throws -> Tensor
    ) throws -> (state: Tensor, mean: Tensor) {
        (state, state)
    }
}
