import NeuralCore

/// Euler and Maruyama's step on the reverse process (Song et al. 2021, eq. 6).
public struct EulerMaruyamaPredictor: Predictor {
    public init() {}

    public var networkCalls: Int { 1 }

    public func update(
        _ state: Tensor, around noisy: Tensor, at time: Double, stepSize: Double, sde: some SDE,
        using noise: inout some DiffusionNoise, score: (Tensor, Double) throws -> Tensor
    ) throws -> (state: Tensor, mean: Tensor) {
        let drift = sde.reverseDrift(state, around: noisy, at: time, score: try score(state, time))
        let mean = state - drift * Float(stepSize)
        let scale = sde.diffusion(at: time) * stepSize.squareRoot()
        return (mean + (try noise.next(shape: state.shape)) * Float(scale), mean)
    }
}
