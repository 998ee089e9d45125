import NeuralCore

/// What a network that predicts the clean spectrum is trained on (Jukić et al. 2024, eq. 13).
public struct DataPredictionLoss: Sendable {
    /// Scalars, not yet weighted.
    public struct Parts {
        /// Mean over the batch of `½ Σ |x̂ − x|²`, divided by the number of bins and frames.
        public var spectral: Tensor
        /// Mean over the batch of half the mean absolute difference of the waveforms.
        public var waveform: Tensor
    }

    public var transform: SpectrogramTransform
    /// Weight of the waveform term; 0 leaves it out.
    public var waveformWeight: Double

    public init(transform: SpectrogramTransform, waveformWeight: Double = 0.001) {
        self.transform = transform
        self.waveformWeight = waveformWeight
    }

    /// The weighted sum of the parts, a scalar. `estimate` and `clean` are `[batch, frames, bins, 2]`.
    public func callAsFunction(estimate: Tensor, clean: Tensor) throws -> Tensor {
        guard waveformWeight != 0 else { return spectral(estimate: estimate, clean: clean) }
        let parts = try parts(estimate: estimate, clean: clean)
        return parts.spectral + parts.waveform * Float(waveformWeight)
    }

    public func parts(estimate: Tensor, clean: Tensor) throws -> Parts {
        let length = (clean.shape[1] - 1) * transform.configuration.hopLength
        let difference = try transform.signals(from: estimate, length: length)
            - transform.signals(from: clean, length: length)
        return Parts(spectral: spectral(estimate: estimate, clean: clean), waveform: abs(difference).mean() * 0.5)
    }

    private func spectral(estimate: Tensor, clean: Tensor) -> Tensor {
        halfSumOfSquares(estimate - clean) * (1 / Float(clean.shape[1] * clean.shape[2]))
    }
}
