import NeuralCore

/// The forward discretisation turned around (Song et al., "Score-Based Generative Modeling through SDEs", 2021,
/// appendix E).
public struct ReverseDiffusionPredictor: Predictor {
    public init() {}

    public var networkCalls: Int { 1 }

    public func update(
        _ state: Tensor, around noisy: Tensor, at time: Double, stepSize: Double, sde: some SDE,
        using noise: inout some DiffusionNoise, score: (Tensor, Double) throws -> Tensor
    ) throws -> (state: Tensor, mean: Tensor) {
        let (change, scale) = sde.reverseStep(
            state, around: noisy, at: time, stepSize: stepSize, score: try score(state, time))
        let mean = state - change
        return (mean + (try noise.next(shape: state.shape)) * Float(scale), mean)
    }
}
