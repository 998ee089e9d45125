import Foundation
import NeuralCore

/// A map of the complex plane that keeps phases: `z ↦ gain(|z|) · z`.
///
/// Written with a gain, no phase is ever formed. Its Jacobian is `gain · I + slope · u uᵀ`, where `u = z/|z|` and
/// `slope = |z| · gain'(|z|)`; it is symmetric, so the same product serves the backward pass.
package enum RadialMap: Sendable {
    /// `|z| ↦ factor · |z|^exponent`.
    case power(Double, factor: Double)
    /// `|z| ↦ factor · ln(1 + |z|)`.
    case logarithm(factor: Double)
    /// `|z| ↦ exp(|z| / factor) − 1`.
    case exponential(factor: Double)

    /// The gain at a radius, and the radius times the gain's derivative.
    @inline(__always)
    func gain(_ radius: Float) -> (gain: Float, slope: Float) {
        switch self {
        case .power(let exponent, let factor):
            if exponent == 1 { return (Float(factor), 0) }
            guard radius > 0 else { return (0, 0) }
            let gain = Float(factor) * Self.power(radius, Float(exponent - 1))
            return (gain, Float(exponent - 1) * gain)
        case .logarithm(let factor):
            guard radius > 0 else { return (Float(factor), 0) }
            let gain = Float(factor) * log1p(radius) / radius
            return (gain, Float(factor) / (1 + radius) - gain)
        case .exponential(let factor):
            guard radius > 0 else { return (Float(1 / factor), 0) }
            let gain = expm1(radius / Float(factor)) / radius
            return (gain, exp(radius / Float(factor)) / Float(factor) - gain)
        }
    }

    @inline(__always)
    private static func power(_ base: Float, _ exponent: Float) -> Float {
        switch exponent {
        case 1: base
        case -0.5: 1 / base.squareRoot()
        default: pow(base, exponent)
        }
    }

    func apply(_ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>) {
        for index in stride(from: 0, to: input.count, by: 2) {
            let (real, imaginary) = (input[index], input[index + 1])
            let gain = gain((real * real + imaginary * imaginary).squareRoot()).gain
            output[index] = gain * real
            output[index + 1] = gain * imaginary
        }
    }

    func pullBack(
        _ gradient: UnsafeBufferPointer<Float>, at input: UnsafeBufferPointer<Float>,
        into output: UnsafeMutableBufferPointer<Float>
    ) {
        for index in stride(from: 0, to: input.count, by: 2) {
            let (real, imaginary) = (input[index], input[index + 1])
            let energy = real * real + imaginary * imaginary
            let (gain, slope) = gain(energy.squareRoot())
            let along = energy > 0 ? slope * (gradient[index] * real + gradient[index + 1] * imaginary) / energy : 0
            output[index] = gain * gradient[index] + along * real
            output[index + 1] = gain * gradient[index + 1] + along * imaginary
        }
    }
}

extension Tensor {
    /// Applies `map` to complex numbers whose parts lie along the last axis.
    package func mappingRadii(_ map: RadialMap) -> Tensor {
        precondition(shape.last == 2, "complex tensors end in an axis of 2")
        let input = detached
        let value = Tensor(shape: shape) { output in
            input.withUnsafeBuffer { map.apply($0, into: output) }
        }
        return Tensor.recorded(value, from: [self]) { gradient in
            [Tensor(shape: input.shape) { output in
                gradient.withUnsafeBuffer { gradient in
                    input.withUnsafeBuffer { map.pullBack(gradient, at: $0, into: output) }
                }
            }]
        }
    }
}
