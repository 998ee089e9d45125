import NeuralCore

/// Where a sampler stands, handed to its `onUpdate` hook after every change of the state.
///
/// Throwing from the hook stops the sampler: this is how a run is cancelled.
public struct SamplerProgress: Sendable {
    public enum Stage: String, Sendable { case corrector, predictor, bridge }

    /// Counted from 0.
    public var step: Int
    public var stepCount: Int
    public var stage: Stage
    /// Diffusion time at which the update was made (for a bridge, the time it arrives at).
    public var time: Double
    public var state: Tensor
    /// The state before noise was added.
    public var mean: Tensor

    /// Share of the steps that are over, in (0, 1].
    public var fractionCompleted: Double {
        Double(step + (stage == .corrector ? 0 : 1)) / Double(stepCount)
    }
}
