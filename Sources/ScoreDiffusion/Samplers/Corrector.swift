import NeuralCore

/// How a predictor-corrector sampler pulls the state back to its distribution without changing the time.
public enum Corrector: Sendable, Codable, Equatable {
    /// Annealed Langevin dynamics: the step size follows the deviation of the process.
    case annealedLangevin(snr: Double, steps: Int)
    /// Langevin dynamics whose step size follows the norms of noise and score, averaged over the batch:
    /// the result of an item depends on what else is in its batch.
    case langevin(snr: Double, steps: Int)
    case none

    /// Network calls a step.
    var networkCalls: Int {
        switch self {
        case .annealedLangevin(_, let steps), .langevin(_, let steps): steps
        case .none: 0
        }
    }

    func validate() throws {
        switch self {
        case .annealedLangevin(let snr, let steps), .langevin(let snr, let steps):
            guard snr.isFinite, snr > 0 else {
                throw ScoreDiffusionError.invalidSampler("the corrector's snr must be above 0, not \(snr)")
            }
            guard steps >= 1 else {
                throw ScoreDiffusionError.invalidSampler("the corrector needs at least 1 step, not \(steps)")
            }
        case .none: break
        }
    }

    func update(
        _ state: Tensor, at time: Double, sde: some SDE, using noise: inout some DiffusionNoise,
        score: (Tensor, Double) throws -> Tensor
    ) throws -> (state: Tensor, mean: Tensor) {
        switch self {
        case .annealedLangevin(let snr, let steps):
            let deviation = snr * sde.marginal(at: time).deviation
            let stepSize = 2 * deviation * deviation
            return try repeated(steps, from: state) { current in
                let gradient = try score(current, time)
                return (gradient, stepSize, try noise.next(shape: current.shape))
            }
        case .langevin(let snr, let steps):
            return try repeated(steps, from: state) { current in
                let gradient = try score(current, time)
                let draw = try noise.next(shape: current.shape)
                let ratio = snr * meanItemNorm(draw) / meanItemNorm(gradient)
                return (gradient, 2 * ratio * ratio, draw)
            }
        case .none:
            return (state, state)
        }
    }
}

/// `x ← x + s·score + √(2s)·z`, with the score, `s` and `z` of every repetition given by `move`.
private func repeated(
    _ count: Int, from start: Tensor, move: (Tensor) throws -> (score: Tensor, stepSize: Double, draw: Tensor)
) rethrows -> (state: Tensor, mean: Tensor) {
    var state = start, mean = start
    for _ in 0..<count {
        let (score, stepSize, draw) = try move(state)
        mean = state + score * Float(stepSize)
        state = mean + draw * Float((2 * stepSize).squareRoot())
    }
    return (state, mean)
}

/// Euclidean norm of each batch item, averaged over the batch.
private func meanItemNorm(_ tensor: Tensor) -> Double {
    let batch = tensor.shape[0]
    let itemCount = tensor.count / max(batch, 1)
    return tensor.withUnsafeBuffer { values in
        var total = 0.0
        for item in 0..<batch {
            var energy = 0.0
            for value in values[item * itemCount..<(item + 1) * itemCount] { energy += Double(value) * Double(value) }
            total += energy.squareRoot()
        }
        return total / Double(batch)
    }
}
