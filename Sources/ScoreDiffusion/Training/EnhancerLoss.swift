import Foundation
import NeuralCore
import Training

/// The training loss of the default model: data prediction along the Schrödinger bridge.
///
/// The network estimates the clean spectrum from a state drawn from the bridge between clean and noisy
/// (Jukić et al., "Schrödinger Bridge for Generative Speech Enhancement", 2024, section 3). The estimate is judged by
/// the error of its compressed spectrum, complex and in magnitude, by the signal-to-noise ratio of its waveform and by
/// how well the envelopes of its bands follow the speech's.
public struct EnhancerLoss: Sendable {
    public struct Weights: Codable, Sendable, Equatable {
        /// Of the mean over bins of |P − S|².
        public var complex: Float = 4
        /// Of the mean over bins of (|P| − |S|)².
        public var magnitude: Float = 8
        /// Of −SNR in dB, averaged over the batch.
        public var signalToNoise: Float = 0.05
        /// The SNR beyond which nothing more is gained, in dB.
        public var signalToNoiseLimit: Float = 30
        /// Of 1 − the correlation of third-octave envelopes, see ``EnvelopeCorrelation``.
        public var envelopes: Float = 1

        public init() {}

        func validate() throws {
            let weights = [
                ("complex", complex), ("magnitude", magnitude), ("signalToNoise", signalToNoise),
                ("signalToNoiseLimit", signalToNoiseLimit), ("envelopes", envelopes),
            ]
            for (name, value) in weights where !(0...1000).contains(value) {
                throw TrainingError.invalidSetting("loss.\(name)", "must be from 0 to 1000, not \(value)")
            }
        }
    }

    public let transform: SpectrogramTransform
    public let bridge: SchroedingerBridgeVE
    public let weights: Weights

    private let envelopeCorrelation: EnvelopeCorrelation

    public init(transform: SpectrogramTransform, sampleRate: Int, bridge: SchroedingerBridgeVE, weights: Weights = .init()) {
        (self.transform, self.bridge, self.weights) = (transform, bridge, weights)
        envelopeCorrelation = EnvelopeCorrelation(transform.configuration, sampleRate: sampleRate)
    }

    /// - Parameters:
    ///   - noisy, clean: waveforms, `[batch, samples]`.
    ///   - times: diffusion times in (0, 1], one per item; at 1 the state is the noisy spectrum itself.
    ///   - noise: where the draws of the states come from.
    /// - Returns: the loss, a scalar.
    public func callAsFunction(
        _ network: some ScoreNetwork, noisy: Tensor, clean: Tensor, times: [Double], noise: inout some DiffusionNoise
    ) throws -> Tensor {
        let cleanSpectrum = try transform.spectra(of: clean.rows), noisySpectrum = try transform.spectra(of: noisy.rows)
        let draw = try noise.next(shape: cleanSpectrum.shape)
        let state = bridgeState(clean: cleanSpectrum, noisy: noisySpectrum, times: times, noise: draw)
        return try value(
            estimate: network(state, noisy: noisySpectrum, times: times), cleanSpectrum: cleanSpectrum, clean: clean)
    }

    /// The loss of an estimated spectrum, `[batch, time, frequency, 2]`, against the clean one and its waveform.
    func value(estimate: Tensor, cleanSpectrum: Tensor, clean: Tensor) throws -> Tensor {
        let waveform = try transform.signals(from: estimate, length: clean.shape[1])
        return spectralError(estimate, cleanSpectrum, complex: weights.complex, magnitude: weights.magnitude)
            + weights.signalToNoise * noiseToSignal(waveform, clean)
            + weights.envelopes * (1 - envelopeCorrelation(estimate, cleanSpectrum))
    }

    /// A draw of the state at each item's time.
    func bridgeState(clean: Tensor, noisy: Tensor, times: [Double], noise: Tensor) -> Tensor {
        let end = Marginal(cleanWeight: 0, noisyWeight: 1, deviation: 0)
        let marginals = times.map { $0 >= bridge.timeRange.upperBound ? end : bridge.marginal(at: $0) }
        func column(_ part: KeyPath<Marginal, Double>) -> Tensor {
            Tensor(marginals.map { Float($0[keyPath: part]) }, shape: [times.count, 1, 1, 1])
        }
        return column(\.cleanWeight) * clean + column(\.noisyWeight) * noisy + column(\.deviation) * noise
    }

    /// Noise over signal in dB, limited below, averaged over the batch.
    private func noiseToSignal(_ estimate: Tensor, _ clean: Tensor) -> Tensor {
        let signal = clamp(square(clean).sum(axes: [1]), minimum: 1e-3)
        let ratio = square(estimate - clean).sum(axes: [1]) / signal
        let floor = pow(10, -weights.signalToNoiseLimit / 10)
        return (log(ratio + floor) * (10 / Float(M_LN10))).mean()
    }
}

extension Tensor {
    /// The rows of a matrix.
    var rows: [[Float]] {
        let length = shape[1], values = values
        return (0..<shape[0]).map { Array(values[$0 * length..<($0 + 1) * length]) }
    }
}
