import NeuralCore

/// Denoising score matching (Vincent 2011; Richter et al. 2023, eq. 14): mean over the batch of
/// `½ Σ |σ(t)·score + z|²`, a scalar.
///
/// - Parameters:
///   - score: the network's score, `[batch, …]`.
///   - noise: the unit draw `z` that made the state.
///   - deviations: `σ(t)` of each batch item.
public func scoreMatchingLoss(score: Tensor, noise: Tensor, deviations: [Double]) -> Tensor {
    halfSumOfSquares(score * perItem(deviations, rank: score.rank) + noise)
}

/// How much an item of a batch counts in `denoiserLoss`, as a function of the deviation `σ` of its state.
public enum DenoiserWeighting: Sendable, Equatable {
    case one
    /// `σ²`.
    case variance
    /// `(σ² + σ_d²) / (σ σ_d)²` (Karras et al. 2022, table 1).
    case edm(sigmaData: Double)
    /// `edm`, but every weight multiplies the summed errors of the whole batch, as the published program computes it;
    /// the same as `edm` for a batch of one.
    case edmAcrossBatch(sigmaData: Double)

    fileprivate func factors(_ deviations: [Double]) -> [Double] {
        switch self {
        case .one: deviations.map { _ in 1 }
        case .variance: deviations.map { $0 * $0 }
        case .edm(let data): deviations.map { edmWeight($0, data) }
        case .edmAcrossBatch(let data):
            Array(repeating: deviations.reduce(0) { $0 + edmWeight($1, data) }, count: deviations.count)
        }
    }
}

private func edmWeight(_ sigma: Double, _ data: Double) -> Double {
    (sigma * sigma + data * data) / (sigma * data * sigma * data)
}

/// Error of the denoised state `D = x_t + σ²·score` against the mean of the process: mean over the batch of
/// `½ w(σ) Σ |D − mean|²`, a scalar.
public func denoiserLoss(
    score: Tensor, state: Tensor, mean: Tensor, deviations: [Double], weighting: DenoiserWeighting
) -> Tensor {
    let error = score * perItem(deviations.map { $0 * $0 }, rank: score.rank) + state - mean
    let weights = weighting.factors(deviations).map { $0.squareRoot() }
    return halfSumOfSquares(error * perItem(weights, rank: error.rank))
}

/// Mean over the first axis of half the sum of squares of everything else.
func halfSumOfSquares(_ error: Tensor) -> Tensor {
    square(error).sum() * (0.5 / Float(error.shape[0]))
}
