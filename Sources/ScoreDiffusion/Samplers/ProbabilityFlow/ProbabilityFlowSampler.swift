import NeuralCore

/// Follows the ordinary differential equation whose states have the distributions of the process,
/// `dx/dt = f − ½ g² score` (Song et al. 2021, section 4.3).
///
/// The prior is the only draw: the same prior leads to the same spectrum.
public struct ProbabilityFlowSampler: ScoreSampler {
    public var solver: ODESolverChoice
    /// Where the equation is left. A score is not trained below this time.
    public var endTime: Double
    /// Whether a last step of the reverse process, without its noise, goes from `endTime` to 0.
    public var denoises: Bool

    public init(
        solver: ODESolverChoice = .rungeKutta45(relativeTolerance: 1e-5, absoluteTolerance: 1e-5),
        endTime: Double = 0.03, denoises: Bool = true
    ) {
        self.solver = solver
        self.endTime = endTime
        self.denoises = denoises
    }

    public var networkCalls: Int? { solver.rule.slopeEvaluations.map { $0 + (denoises ? 1 : 0) } }

    /// Finds the clean spectrum that a draw of the prior leads to.
    ///
    /// - Parameters:
    ///   - noisy: what the process ends at, `[batch, frames, bins, 2]`.
    ///   - noise: asked for the prior alone.
    ///   - onUpdate: called after each step of the solver; an error thrown there ends the run.
    ///   - score: `∇ log p_t` at a state and a time.
    /// - Throws: `ScoreDiffusionError.invalidSampler` if the settings cannot run, `.unsolvable` if the solver finds no
    ///   step that is short enough, and what the closures throw.
    public func sample(
        _ sde: some SDE, around noisy: Tensor, using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void = { _ in }, score: (Tensor, Double) throws -> Tensor
    ) throws -> Tensor {
        try validate(for: sde)
        let shape = noisy.shape, start = sde.timeRange.upperBound
        let prior = try sde.prior(around: noisy, using: &noise)
        var step = 0
        let values = try solver.rule.integrate(prior.values.map(Double.init), from: start, to: endTime) { time, values in
            let state = Tensor(values.map(Float.init), shape: shape)
            return sde.reverseDrift(
                state, around: noisy, at: time, score: try score(state, time), probabilityFlow: true
            ).values.map(Double.init)
        } onStep: { time, values in
            let state = Tensor(values.map(Float.init), shape: shape)
            try onUpdate(SamplerProgress(
                step: step, fractionCompleted: (start - time) / (start - endTime), stage: .probabilityFlow, time: time,
                state: state))
            step += 1
        }
        let state = Tensor(values.map(Float.init), shape: shape)
        guard denoises else { return state }
        return state - sde.reverseStep(
            state, around: noisy, at: endTime, stepSize: endTime, score: try score(state, endTime)
        ).change
    }

    public func validate(for sde: some SDE) throws {
        try validateRange(for: sde)
        try solver.rule.validate()
    }
}
