import NeuralCore

/// Langevin dynamics whose step size follows the norms of noise and score, `s = 2 (snr · ‖z‖ / ‖score‖)²`
/// (Song et al. 2021, algorithm 4).
///
/// The norms are averaged over the batch, as published: the result of an item depends on what else is in its batch.
public struct LangevinCorrector: Corrector {
    public var snr: Double, steps: Int

    public init(snr: Double, steps: Int) { (self.snr, self.steps) = (snr, steps) }

    public var networkCalls: Int { steps }

    private var moves: LangevinMoves { LangevinMoves(snr: snr, count: steps) }

    public func validate() throws { try moves.validate() }

    public func update(
        _ state: Tensor, at time: Double, sde: some SDE, using noise: inout some DiffusionNoise,
        score: (Tensor, Double) throws -> Tensor
    ) throws -> (state: Tensor, mean: Tensor) {
        try moves.run(from: state, at: time, using: &noise, score: score) { draw, direction in
            let norm = meanItemNorm(direction)
            // No direction, no move.
            guard norm > 0 else { return 0 }
            let ratio = snr * meanItemNorm(draw) / norm
            return 2 * ratio * ratio
        }
    }
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
