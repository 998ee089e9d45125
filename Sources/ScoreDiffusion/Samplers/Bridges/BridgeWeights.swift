import Foundation

/// Coefficients of one bridge step: the new state is
/// `previous · x + estimate · x̂₀ + noisy · y + noise · z`.
///
/// They nearly cancel where the variance still to come is tiny, so they are formed in double precision.
struct BridgeWeights: Equatable {
    var previous: Double
    var estimate: Double
    var noisy = 0.0
    var noise = 0.0

    /// First-order step of the bridge's SDE from time `start` to the earlier time `end`
    /// (Jukić et al. 2024, eq. 10, with `α = 1`).
    static func stochastic(_ bridge: SchroedingerBridgeVE, from start: Double, to end: Double) -> BridgeWeights {
        let ratio = bridge.variance(at: end) / (bridge.variance(at: start) + bridge.epsilon)
        return BridgeWeights(
            previous: ratio, estimate: 1 - ratio,
            noise: (bridge.variance(at: end) * max(1 - ratio, 0)).squareRoot())
    }

    /// First-order step of the bridge's probability-flow ODE (Jukić et al. 2024, eq. 11, with `α = 1`).
    ///
    /// The published form adds `ε` to its denominators, which inflates the first step by several per cent. With `ε = 0`
    /// the weights are exact: the first step is then the mean of the bridge, the limit of the formula at time 1.
    static func deterministic(_ bridge: SchroedingerBridgeVE, from start: Double, to end: Double) -> BridgeWeights {
        let epsilon = bridge.epsilon
        let total = bridge.variance(at: 1) + epsilon
        let variance = bridge.variance(at: end), remaining = bridge.remainingVariance(at: end)
        let sigma = variance.squareRoot(), remainingSigma = remaining.squareRoot()
        let startSigma = bridge.variance(at: start).squareRoot()
        let startRemainingSigma = bridge.remainingVariance(at: start).squareRoot()
        guard startRemainingSigma > 0 else {
            return BridgeWeights(previous: 0, estimate: remaining / total, noisy: variance / total)
        }
        let product = sigma * remainingSigma
        return BridgeWeights(
            previous: product / (startSigma * startRemainingSigma + epsilon),
            estimate: (remaining - startRemainingSigma * product / (startSigma + epsilon)) / total,
            noisy: (variance - startSigma * product / (startRemainingSigma + epsilon)) / total)
    }
}
