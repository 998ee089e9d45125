import NeuralCore
@testable import ScoreDiffusion

/// The score that the sampler and SDE references use instead of a network: `(0.7 y − x) / (0.2 + t)²`.
func analyticScore(_ state: Tensor, noisy: Tensor, time: Double) -> Tensor {
    (noisy * 0.7 - state) * Float(1 / ((0.2 + time) * (0.2 + time)))
}

/// The clean estimate that the bridge references use instead of a network: `(0.5 x + 0.3 y) / (1 + t)`.
func analyticEstimate(_ state: Tensor, noisy: Tensor, time: Double) -> Tensor {
    (state * 0.5 + noisy * 0.3) * Float(1 / (1 + time))
}
