import NeuralCore

/// A diffusion process together with the sampler that runs it backwards; part of a model's settings.
public enum Sampling: Sendable, Codable, Equatable {
    /// An Ornstein-Uhlenbeck process, by predictor and corrector.
    case score(OUVESDE, PredictorCorrectorSampler)
    /// The same process, by its ordinary differential equation.
    case probabilityFlow(OUVESDE, ProbabilityFlowSampler)
    /// A Schrödinger bridge.
    case bridge(SchroedingerBridgeVE, BridgeSampler)

    /// Network calls in a whole run; nil where the sampler finds out as it goes.
    public var networkCalls: Int? {
        switch self {
        case .score(_, let sampler): sampler.networkCalls
        case .probabilityFlow(_, let sampler): sampler.networkCalls
        case .bridge(_, let sampler): sampler.networkCalls
        }
    }

    /// Steps of the sampler's time grid; nil, and not to be changed, where it chooses its own.
    public var stepCount: Int? {
        get {
            switch self {
            case .score(_, let sampler): sampler.stepCount
            case .probabilityFlow(_, let sampler):
                if case .heun(let steps) = sampler.solver { steps } else { nil }
            case .bridge(_, let sampler): sampler.stepCount
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .score(let process, var sampler):
                sampler.stepCount = newValue
                self = .score(process, sampler)
            case .probabilityFlow(let process, var sampler):
                guard case .heun = sampler.solver else { return }
                sampler.solver = .heun(steps: newValue)
                self = .probabilityFlow(process, sampler)
            case .bridge(let process, var sampler):
                sampler.stepCount = newValue
                self = .bridge(process, sampler)
            }
        }
    }

    /// Whether every setting can run. `sample` checks the same; this tells before any work is done.
    ///
    /// - Throws: `ScoreDiffusionError.invalidSampler` or `.invalidProcess`.
    public func validate() throws {
        switch self {
        case .score(let process, let sampler): try sampler.validate(for: process)
        case .probabilityFlow(let process, let sampler): try sampler.validate(for: process)
        case .bridge(let process, let sampler): try sampler.validate(for: process)
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
            try sampler.sample(process, around: noisy, with: network, using: &noise, onUpdate: onUpdate)
        case .probabilityFlow(let process, let sampler):
            try sampler.sample(process, around: noisy, with: network, using: &noise, onUpdate: onUpdate)
        case .bridge(let process, let sampler):
            try sampler.sample(process, around: noisy, with: network, using: &noise, onUpdate: onUpdate)
        }
    }
}
