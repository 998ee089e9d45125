import NeuralCore

/// Langevin dynamics whose step size follows the deviation of the process, `s = 2 (snr · σ(t))²`
/// (Song and Ermon, "Generative Modeling by Estimating Gradients of the Data Distribution", 2019, algorithm 1).
public struct AnnealedLangevinCorrector: Corrector {
    public var snr: Double, steps: Int

    public init(snr: Double, steps: Int) { (self.snr, self.steps) = (snr, steps) }

    public var networkCalls: Int { steps }

    private var moves: LangevinMoves { LangevinMoves(snr: snr, count: steps) }

    public func validate() throws { try moves.validate() }

    public func update(
        _ state: Tensor, at time: Double, sde: some SDE, using noise: inout some DiffusionNoise,
        score: (Tensor, Double) throws -> Tensor
    ) throws -> (state: Tensor, mean: Tensor) {
        let deviation = snr * sde.marginal(at: time).deviation
        return try moves.run(from: state, at: time, using: &noise, score: score) { _, _ in 2 * deviation * deviation }
    }
}
