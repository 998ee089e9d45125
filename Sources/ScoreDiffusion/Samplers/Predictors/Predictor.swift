import NeuralCore

/// How a predictor-corrector sampler moves the state to an earlier time.
public protocol Predictor: Sendable {
    /// Network calls a step.
    var networkCalls: Int { get }

    /// One step of length `stepSize` backwards from `time`.
    ///
    /// - Returns: the new state, `[batch, frames, bins, 2]`, and the same before noise was added.
    func update(
        _ state: Tensor, around noisy: Tensor, at time: Double, stepSize: Double, sde: some SDE,
        using noise: inout some DiffusionNoise, score: (Tensor, Double) throws -> Tensor
    ) throws -> (state: Tensor, mean: Tensor)
}

/// The predictors that a model's settings can name.
public enum PredictorChoice: String, Sendable, Codable, CaseIterable {
    case reverseDiffusion, eulerMaruyama
    /// The state stays as it is; only the corrector works.
    case none

    var rule: any Predictor {
        switch self {
        case .reverseDiffusion: ReverseDiffusionPredictor()
        case .eulerMaruyama: EulerMaruyamaPredictor()
        case .none: StationaryPredictor()
        }
    }
}
