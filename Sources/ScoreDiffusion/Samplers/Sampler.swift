import NeuralCore

/// A way from the noisy end of a diffusion process to its clean end; part of a model's settings.
public protocol Sampler: Sendable, Codable, Equatable {
    associatedtype Process: SDE

    /// Where the way ends, in diffusion time. Networks are not trained nearer to 0.
    var endTime: Double { get set }

    /// Network calls in a whole run; nil where the sampler finds out as it goes.
    var networkCalls: Int? { get }

    /// - Throws: `ScoreDiffusionError.invalidSampler` if the settings cannot run, `.invalidProcess` if the process
    ///   itself is impossible.
    func validate(for process: Process) throws

    /// Draws a clean spectrum given the noisy one, `[batch, frames, bins, 2]`.
    ///
    /// - Parameters:
    ///   - network: asked for scores or clean estimates, whichever the sampler needs.
    ///   - onUpdate: called after every change of the state; an error thrown there ends the run.
    /// - Throws: what `validate(for:)`, `noise` and `onUpdate` throw.
    func sample(
        _ process: Process, around noisy: Tensor, with network: some ScoreNetwork,
        using noise: inout some DiffusionNoise, onUpdate: (SamplerProgress) throws -> Void
    ) throws -> Tensor
}

/// A sampler that needs nothing but the score, and so runs any process.
public protocol ScoreSampler: Sampler where Process == OUVESDE {
    func validate(for sde: some SDE) throws

    /// - Parameter score: `∇ log p_t` at a state and a time.
    func sample(
        _ sde: some SDE, around noisy: Tensor, using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void, score: (Tensor, Double) throws -> Tensor
    ) throws -> Tensor
}

extension ScoreSampler {
    public func sample(
        _ process: Process, around noisy: Tensor, with network: some ScoreNetwork,
        using noise: inout some DiffusionNoise, onUpdate: (SamplerProgress) throws -> Void
    ) throws -> Tensor {
        try sample(process, around: noisy, using: &noise, onUpdate: onUpdate) { state, time in
            network.score(state, noisy: noisy, time: time, sde: process)
        }
    }

    /// What every score sampler must hold to.
    func validateRange(for sde: some SDE) throws {
        try sde.validate()
        let range = sde.timeRange
        guard endTime > range.lowerBound, endTime < range.upperBound else {
            throw ScoreDiffusionError.invalidSampler(
                "the end time must lie between \(range.lowerBound) and \(range.upperBound), not at \(endTime)")
        }
    }
}

/// The most steps that a fixed time grid may have.
let maximumStepCount = 100_000

/// - Throws: `ScoreDiffusionError.invalidSampler` unless a time grid can have `count` steps.
func validateStepCount(_ count: Int) throws {
    guard (1...maximumStepCount).contains(count) else {
        throw ScoreDiffusionError.invalidSampler(
            "the number of steps must be from 1 to \(maximumStepCount), not \(count)")
    }
}
