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
    let error = energy(target - estimate) / referenceEnergies(target, mixture)
    return decibels(error + pow(10, -limit / 10))
}

/// Minus the scale-invariant signal-to-noise ratio in dB, limited at both ends: `10 log₁₀((|e|² + τ|s|²) / (|s|² + κ|p|²))`
/// with `s` the part of the estimate `p` along the target, `e = p − s`. Where there is no target it is
/// ``thresholdedRatioLoss(_:target:mixture:limit:)``.
///
/// Unlike the plain ratio it does not reward to be quiet where the voice is hardly found.
/// - Parameter worst: the loss of an estimate without anything of the target, in dB.
/// - Returns: `[batch, ears]`
public func scaleInvariantRatioLoss(
    _ estimate: Tensor, target: Tensor, mixture: Tensor, limit: Float = 30, worst: Float = 20
) -> Tensor {
    let targets = energy(target).detached
    let isPresent = Tensor(targets.values.map { $0 > 0 ? 1 : 0 }, shape: targets.shape)
    let along = square((estimate * target).sum(axes: [-1])) / (targets + .ulpOfOne), whole = energy(estimate)
    let ratio = (whole - along + along * pow(10, -limit / 10) + .ulpOfOne) / (along + whole * pow(10, -worst / 10) + .ulpOfOne)
    return decibels(ratio) * isPresent
        + thresholdedRatioLoss(estimate, target: target, mixture: mixture, limit: limit) * (1 - isPresent)
}

private func energy(_ signal: Tensor) -> Tensor { square(signal).sum(axes: [-1]) }

private func decibels(_ ratio: Tensor) -> Tensor { log(ratio) * Float(10 / Foundation.log(10.0)) }

/// The target's energies, the mixture's where the target is silent.
private func referenceEnergies(_ target: Tensor, _ mixture: Tensor) -> Tensor {
    let energies = zip(energy(target).values, energy(mixture).values).map { $0 > 0 ? $0 : max($1, .ulpOfOne) }
    return Tensor(energies, shape: Array(target.shape.dropLast()))
}
