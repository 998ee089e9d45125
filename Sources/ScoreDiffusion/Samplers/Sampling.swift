import NeuralCore

/// A diffusion process together with the sampler that runs it backwards; part of a model's settings.
public enum Sampling: Sendable, Codable, Equatable {
    /// An Ornstein-Uhlenbeck process, by predictor and corrector.
    case score(OUVESDE, PredictorCorrectorSampler)
    /// A Schrödinger bridge.
    case bridge(SchroedingerBridgeVE, BridgeSampler)

    /// Network calls in a whole run.
    public var networkCalls: Int {
        switch self {
        case .score(_, let sampler): sampler.networkCalls
        case .bridge(_, let sampler): sampler.networkCalls
        }
    }

    /// Steps of the sampler's time grid.
    public var stepCount: Int {
        get {
            switch self {
            case .score(_, let sampler): sampler.stepCount
            case .bridge(_, let sampler): sampler.stepCount
            }
        }
        set {
            switch self {
            case .score(let process, var sampler):
                sampler.stepCount = newValue
                self = .score(process, sampler)
            case .bridge(let process, var sampler):
                sampler.stepCount = newValue
                self = .bridge(process, sampler)
            }
        }
    }

    /// Draws a clean spectrum given the noisy one, `[batch, frames, bins, 2]`.
    ///
    /// - Parameters:
    ///   - network: asked for scores or clean estimates, whichever the sampler needs.
    ///   - onUpdate: called after every change of the state; an error thrown there ends the run.
    public func sample(
        around noisy: Tensor, with network: some ScoreNetwork, using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void = { _ in }
    ) throws -> Tensor {
        switch self {
        case .score(let process, let sampler):
            try sampler.sample(process, around: noisy, using: &noise, onUpdate: onUpdate) { state, time in
                network.score(state, noisy: noisy, time: time, sde: process)
            }
        case .bridge(let process, let sampler):
            try sampler.sample(process, around: noisy, using: &noise, onUpdate: onUpdate) { state, time in
                network.cleanEstimate(state, noisy: noisy, time: time, sde: process)
            }
        }
    }
}
