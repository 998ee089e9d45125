import NeuralCore

/// What a network that predicts the clean spectrum is trained on (Jukić et al. 2024, eq. 13; with the
/// perceptual term: Richter et al., "Investigating Training Objectives for Generative Speech Enhancement", 2025).
public struct DataPredictionLoss: Sendable {
    /// Scalars, not yet weighted.
    public struct Parts {
        /// Mean over the batch of `½ Σ |x̂ − x|²`, divided by the number of bins and frames.
        public var spectral: Tensor
        /// Mean over the batch of half the mean absolute difference of the waveforms.
        public var waveform: Tensor
        /// Mean over the batch of `PESQLoss`; nil where it is not asked for.
        public var perceptual: Tensor?
    }

    public var transform: SpectrogramTransform
    /// Weight of the waveform term; 0 leaves it out.
    public var waveformWeight: Double
    /// Weight of the perceptual term, for waveforms at 16 kHz; 0 leaves it out.
    public var perceptualWeight: Double

    public init(transform: SpectrogramTransform, waveformWeight: Double = 0.001, perceptualWeight: Double = 0) {
        self.transform = transform
        self.waveformWeight = waveformWeight
        self.perceptualWeight = perceptualWeight
    }

    /// The weighted sum of the parts, a scalar. `estimate` and `clean` are `[batch, frames, bins, 2]`.
    ///
    /// - Throws: `ScoreDiffusionError.recordingTooShort` where the perceptual term needs more frames.
    public func callAsFunction(estimate: Tensor, clean: Tensor) throws -> Tensor {
        guard waveformWeight != 0 || perceptualWeight != 0 else { return spectral(estimate: estimate, clean: clean) }
        let parts = try parts(estimate: estimate, clean: clean)
        let sum = parts.spectral + parts.waveform * Float(waveformWeight)
        return parts.perceptual.map { sum + $0 * Float(perceptualWeight) } ?? sum
    }

    public func parts(estimate: Tensor, clean: Tensor) throws -> Parts {
        let length = (clean.shape[1] - 1) * transform.configuration.hopLength
        let waveforms = try (
            estimate: transform.signals(from: estimate, length: length),
            clean: transform.signals(from: clean, length: length))
        return Parts(
            spectral: spectral(estimate: estimate, clean: clean),
            waveform: abs(waveforms.estimate - waveforms.clean).mean() * 0.5,
            perceptual: perceptualWeight == 0
                ? nil : try PESQLoss()(clean: waveforms.clean, estimate: waveforms.estimate).mean())
    }

    private func spectral(estimate: Tensor, clean: Tensor) -> Tensor {
        halfSumOfSquares(estimate - clean) * (1 / Float(clean.shape[1] * clean.shape[2]))
    }
}
