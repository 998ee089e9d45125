import NeuralCore

/// Where a sampler stands, handed to its `onUpdate` hook after every change of the state.
///
/// Throwing from the hook stops the sampler: this is how a run is cancelled.
public struct SamplerProgress: Sendable {
    public enum Stage: String, Sendable { case corrector, predictor, bridge, probabilityFlow }

    /// Counted from 0.
    public var step: Int
    /// A solver that chooses its own steps can only estimate how many there will be.
    public var stepCount: Int
    public var stage: Stage
    /// Diffusion time at which the update was made (for a bridge or an equation, the time it arrives at).
    public var time: Double
    public var state: Tensor
    /// The state before noise was added.
    public var mean: Tensor
    /// Share of the way that is over, in (0, 1].
    public var fractionCompleted: Double

    init(step: Int, stepCount: Int, stage: Stage, time: Double, state: Tensor, mean: Tensor) {
        (self.step, self.stepCount, self.stage, self.time) = (step, stepCount, stage, time)
        (self.state, self.mean) = (state, mean)
        fractionCompleted = Double(step + (stage == .corrector ? 0 : 1)) / Double(stepCount)
    }

    init(step: Int, fractionCompleted: Double, stage: Stage, time: Double, state: Tensor) {
        (self.step, self.stage, self.time, self.fractionCompleted) = (step, stage, time, fractionCompleted)
        (self.state, mean) = (state, state)
        stepCount = max(step + 1, Int((Double(step + 1) / fractionCompleted).rounded()))
    }
}
