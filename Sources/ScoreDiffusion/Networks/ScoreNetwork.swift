import NeuralCore

/// What a network's output stands for.
public enum Parametrization: String, Sendable, Codable, CaseIterable {
    /// `∇ log p_t(x | y)`, the score of the state's distribution.
    case score
    /// `x̂₀`, the clean spectrum itself (data prediction).
    case cleanEstimate
}

/// A network that looks at a diffusion state, the noisy spectrum and the diffusion time.
///
/// Spectra are `[batch, frames, bins, 2]` with compressed amplitudes: real and imaginary part along the last axis, as in
/// `AudioDSP.ComplexSpectrogram`.
public protocol ScoreNetwork: Layer {
    /// What the output is. Samplers convert where they need the other kind.
    var parametrization: Parametrization { get }

    /// The number of frames is padded to a multiple of this before a call (1: any number will do).
    var frameMultiple: Int { get }

    /// - Parameters:
    ///   - state: the current state `x_t`.
    ///   - noisy: the spectrum to be enhanced, `y`, of the same shape.
    ///   - times: one diffusion time in (0, 1] per batch item.
    /// - Returns: score or clean estimate, of the shape of `state`.
    func callAsFunction(_ state: Tensor, noisy: Tensor, times: [Double]) -> Tensor

    /// The same in training: dropout draws from `rng`, batch normalisation uses and notes the statistics of the batch.
    ///
    /// To be called on the model that `valueAndGradient(of:updatingBuffers:)` lends. Networks without either need not
    /// implement it.
    mutating func trained(
        on state: Tensor, noisy: Tensor, times: [Double], using rng: inout Philox
    ) -> Tensor
}

extension ScoreNetwork {
    public var frameMultiple: Int { 1 }

    public mutating func trained(
        on state: Tensor, noisy: Tensor, times: [Double], using rng: inout Philox
    ) -> Tensor {
        self(state, noisy: noisy, times: times)
    }

    /// The score at one common time, converted through the marginal of `sde` if the network estimates clean speech.
    public func score(_ state: Tensor, noisy: Tensor, time: Double, sde: some SDE) -> Tensor {
        let output = self(state, noisy: noisy, times: Array(repeating: time, count: state.shape[0]))
        switch parametrization {
        case .score: return output
        case .cleanEstimate:
            let marginal = sde.marginal(at: time)
            let mean = output * Float(marginal.cleanWeight) + noisy * Float(marginal.noisyWeight)
            return (mean - state) * Float(1 / (marginal.deviation * marginal.deviation))
        }
    }

    /// The clean estimate at one common time, by Tweedie's formula if the network estimates the score.
    public func cleanEstimate(_ state: Tensor, noisy: Tensor, time: Double, sde: some SDE) -> Tensor {
        let output = self(state, noisy: noisy, times: Array(repeating: time, count: state.shape[0]))
        switch parametrization {
        case .cleanEstimate: return output
        case .score:
            let marginal = sde.marginal(at: time)
            let mean = state + output * Float(marginal.deviation * marginal.deviation)
            return (mean - noisy * Float(marginal.noisyWeight)) * Float(1 / marginal.cleanWeight)
        }
    }
}
