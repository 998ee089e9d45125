import Foundation
import NeuralCore

/// Signal-to-noise ratio of an estimate in dB: 10 log₁₀((Σt² + ε) / (Σ(t − p)² + ε)) over the last axis, with ε the
/// spacing of floats at one.
///
/// - Parameters:
///   - estimate: `[…, samples]`
///   - target: of the same shape. Silence gives a finite number that falls with the estimate's energy.
/// - Returns: `[…]`
public func signalToNoiseRatio(_ estimate: Tensor, _ target: Tensor) -> Tensor {
    decibels(of: energy(target), over: energy(target - estimate))
}

/// Scale-invariant signal-to-noise ratio in dB: of estimate and target without their means, the latter scaled by
/// α = (Σpt + ε) / (Σt² + ε).
///
/// J. Le Roux et al., "SDR – half-baked or well done?", ICASSP 2019.
/// - Parameters:
///   - estimate: `[…, samples]`
///   - target: of the same shape.
/// - Returns: `[…]`
public func scaleInvariantSignalToNoiseRatio(_ estimate: Tensor, _ target: Tensor) -> Tensor {
    let estimate = estimate - estimate.mean(axes: [-1], keepingDimensions: true)
    let target = target - target.mean(axes: [-1], keepingDimensions: true)
    let product = (estimate * target).sum(axes: [-1], keepingDimensions: true) + Float.ulpOfOne
    let scaled = target * (product / (square(target).sum(axes: [-1], keepingDimensions: true) + Float.ulpOfOne))
    return decibels(of: energy(scaled), over: energy(scaled - estimate))
}

private func energy(_ signal: Tensor) -> Tensor { square(signal).sum(axes: [-1]) + Float.ulpOfOne }

private func decibels(of signal: Tensor, over noise: Tensor) -> Tensor {
    (log(signal) - log(noise)) * Float(10 / Foundation.log(10.0))
}
