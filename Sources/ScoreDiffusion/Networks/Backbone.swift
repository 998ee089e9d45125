import NeuralCore

/// A bare network that a `ScoreModel` is built around: what its output means is decided there.
///
/// Spectra are `[batch, frames, bins, 2]`, real and imaginary part along the last axis.
public protocol Backbone: Layer {
    /// The number of frames must be a multiple of this.
    var frameMultiple: Int { get }

    /// The raw output, of the shape of `state`; `times` holds one diffusion time per item.
    func callAsFunction(_ state: Tensor, noisy: Tensor, times: [Double]) -> Tensor

    /// The same in training; see `ScoreNetwork.trained(on:noisy:times:using:)`.
    mutating func trained(on state: Tensor, noisy: Tensor, times: [Double], using rng: inout Philox) -> Tensor
}
