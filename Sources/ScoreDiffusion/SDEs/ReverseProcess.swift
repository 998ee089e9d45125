import NeuralCore

/// The process run backwards in time, once the score `∇ log p_t(x | y)` is known (Anderson 1982; Song et al. 2021, eq. 6).
extension SDE {
    /// Drift of the reverse process, `f − g² score`; the probability-flow ODE uses half of the score term.
    public func reverseDrift(
        _ state: Tensor, around noisy: Tensor, at time: Double, score: Tensor, probabilityFlow: Bool = false
    ) -> Tensor {
        let g = diffusion(at: time)
        let weight = Float(g * g * (probabilityFlow ? 0.5 : 1))
        return drift(state, around: noisy, at: time) - score * weight
    }

    /// One reverse step of length `stepSize`: what to subtract from the state, and the scale of the noise to add.
    ///
    /// This is the forward Euler-Maruyama discretisation `f dt`, `g √dt` turned around.
    public func reverseStep(
        _ state: Tensor, around noisy: Tensor, at time: Double, stepSize: Double, score: Tensor,
        probabilityFlow: Bool = false
    ) -> (change: Tensor, noiseScale: Double) {
        let scale = diffusion(at: time) * stepSize.squareRoot()
        let weight = Float(scale * scale * (probabilityFlow ? 0.5 : 1))
        let change = drift(state, around: noisy, at: time) * Float(stepSize) - score * weight
        return (change, probabilityFlow ? 0 : scale)
    }
}
