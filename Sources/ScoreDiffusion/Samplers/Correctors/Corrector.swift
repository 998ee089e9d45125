import NeuralCore

/// How a predictor-corrector sampler pulls the state back to its distribution without changing the time.
public protocol Corrector: Sendable {
    /// Network calls a step.
    var networkCalls: Int { get }

    /// - Throws: `ScoreDiffusionError.invalidSampler` if the settings cannot run.
    func validate() throws

    /// - Returns: the new state, `[batch, frames, bins, 2]`, and the same before the last noise was added.
    func update(
        _ state: Tensor, at time: Double, sde: some SDE, using noise: inout some DiffusionNoise,
        score: (Tensor, Double) throws -> Tensor
    ) throws -> (state: Tensor, mean: Tensor)
}

/// The correctors that a model's settings can name.
public enum CorrectorChoice: Sendable, Codable, Equatable {
    /// See ``AnnealedLangevinCorrector``.
    case annealedLangevin(snr: Double, steps: Int)
    /// See ``LangevinCorrector``: the result of an item depends on what else is in its batch.
    case langevin(snr: Double, steps: Int)
    case none

    var rule: any Corrector {
        switch self {
        case .annealedLangevin(let snr, let steps): AnnealedLangevinCorrector(snr: snr, steps: steps)
        case .langevin(let snr, let steps): LangevinCorrector(snr: snr, steps: steps)
        case .none: IdleCorrector()
        }
    }
}

/// Moves of Langevin dynamics, `x ← x + s·score + √(2s)·z`, whose step size is the corrector's affair.
struct LangevinMoves {
    /// Signal-to-noise ratio of a move: how far it goes.
    var snr: Double
    /// Moves a step of the sampler.
    var count: Int

    func validate() throws {
        guard snr.isFinite, snr > 0 else {
            throw ScoreDiffusionError.invalidSampler("the corrector's snr must be above 0, not \(snr)")
        }
        guard (1...1000).contains(count) else {
            throw ScoreDiffusionError.invalidSampler("the corrector needs 1 to 1000 steps, not \(count)")
        }
    }

    /// `stepSize` is told the draw and the score of a move.
    func run(
        from start: Tensor, at time: Double, using noise: inout some DiffusionNoise,
        score: (Tensor, Double) throws -> Tensor, stepSize: (_ draw: Tensor, _ score: Tensor) -> Double
    ) throws -> (state: Tensor, mean: Tensor) {
        var state = start, mean = start
        for _ in 0..<count {
            let direction = try score(state, time), draw = try noise.next(shape: state.shape)
            let size = stepSize(draw, direction)
            mean = state + direction * Float(size)
            state = mean + draw * Float((2 * size).squareRoot())
        }
        return (state, mean)
    }
}
