import NeuralCore

/// How a predictor-corrector sampler moves the state to an earlier time.
public enum Predictor: String, Sendable, Codable, CaseIterable {
    /// The forward discretisation turned around (Song et al. 2021, appendix E).
    case reverseDiffusion
    /// Euler-Maruyama on the reverse process.
    case eulerMaruyama
    /// The state stays as it is; only the corrector works.
    case none

    /// One step of length `stepSize` backwards from `time`.
    func update(
        _ state: Tensor, around noisy: Tensor, at time: Double, stepSize: Double, sde: some SDE,
        using noise: inout some DiffusionNoise, score: (Tensor, Double) throws -> Tensor
    ) throws -> (state: Tensor, mean: Tensor) {
        switch self {
        case .reverseDiffusion:
            let (change, scale) = sde.reverseStep(
                state, around: noisy, at: time, stepSize: stepSize, score: try score(state, time))
            let mean = state - change
            return (mean + (try noise.next(shape: state.shape)) * Float(scale), mean)
        case .eulerMaruyama:
            let drift = sde.reverseDrift(state, around: noisy, at: time, score: try score(state, time))
            let mean = state - drift * Float(stepSize)
            let scale = sde.diffusion(at: time) * stepSize.squareRoot()
            return (mean + (try noise.next(shape: state.shape)) * Float(scale), mean)
        case .none:
            return (state, state)
        }
    }

    /// Network calls a step.
    var networkCalls: Int { self == .none ? 0 : 1 }
}
