import Foundation
import NeuralCore

/// Minus the signal-to-noise ratio in dB, limited at both ends so that neither perfect nor silent results rule a batch:
/// `10 log₁₀((Σ(t − p)² + τ r) / r)` with `r = Σt²` where there is a target and `r = Σx²`, the mixture's, where there is none.
/// With silence as the target it is the level of what is left in the mixture.
///
/// S. Wisdom et al., "Unsupervised sound separation using mixture invariant training", NeurIPS 2020, and "What's all the
/// fuss about free universal sound separation data?", ICASSP 2021 (the form for silent targets).
/// - Parameters:
///   - estimate: `[batch, ears, samples]`
///   - target: of the same shape.
///   - mixture: of the same shape.
///   - limit: The best ratio that is rewarded, in dB.
/// - Returns: `[batch, ears]`
public func thresholdedRatioLoss(_ estimate: Tensor, target: Tensor, mixture: Tensor, limit: Float = 30) -> Tensor {
    func energies(_ signal: Tensor) -> [Float] { square(signal).sum(axes: [-1]).values }
    let shape = Array(target.shape.dropLast())
    let references = zip(energies(target), energies(mixture)).map { $0 > 0 ? $0 : max($1, .ulpOfOne) }
    let reference = Tensor(references, shape: shape)
    let error = square(target - estimate).sum(axes: [-1]) / reference
    return log(error + pow(10, -limit / 10)) * Float(10 / Foundation.log(10.0))
}
