import Foundation
import NeuralCore
import SpectralNetworks

/// Squeezes the amplitudes of a spectrogram and leaves the phases, so that quiet speech counts
/// (Richter et al. 2023, eq. 17).
public enum AmplitudeCompression: Sendable, Codable, Equatable {
    /// `factor · |X|^exponent · e^{i arg X}`.
    case power(exponent: Double, factor: Double)
    /// `factor · ln(1 + |X|) · e^{i arg X}`.
    case logarithm(factor: Double)
    /// The spectrogram as it is.
    case none

    /// Compressed spectra. The last axis holds the real and the imaginary part; zero stays zero.
    public func compress(_ spectra: Tensor) -> Tensor {
        switch self {
        case .power(let exponent, let factor): spectra.mappingRadii(.power(exponent, factor: factor))
        case .logarithm(let factor): spectra.mappingRadii(.logarithm(factor: factor))
        case .none: spectra
        }
    }

    /// The inverse of `compress`; gradients pass through it.
    public func expand(_ spectra: Tensor) -> Tensor {
        switch self {
        case .power(let exponent, let factor):
            spectra.mappingRadii(.power(1 / exponent, factor: pow(factor, -1 / exponent)))
        case .logarithm(let factor): spectra.mappingRadii(.exponential(factor: factor))
        case .none: spectra
        }
    }

    func validate() throws {
        switch self {
        case .power(let exponent, let factor):
            guard exponent > 0, exponent.isFinite, factor > 0, factor.isFinite else {
                throw ScoreDiffusionError.invalidTransform("exponent \(exponent) and factor \(factor) must be above 0")
            }
        case .logarithm(let factor):
            guard factor > 0, factor.isFinite else {
                throw ScoreDiffusionError.invalidTransform("the factor \(factor) must be above 0")
            }
        case .none: break
        }
    }
}
