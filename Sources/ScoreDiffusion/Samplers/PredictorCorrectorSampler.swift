import NeuralCore

/// Alternates a corrector and a predictor from the noisy end of a process down to its clean end
/// (Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations", 2021, algorithm 1).
///
/// The times are `stepCount` points from 1 down to `endTime`, evenly spaced; at each, the corrector works first and the
/// predictor then moves to the next time. The last predictor step goes from `endTime` to 0 and its noise is dropped.
public struct PredictorCorrectorSampler: ScoreSampler {
    public var predictor: PredictorChoice
    public var corrector: CorrectorChoice
    public var stepCount: Int
    /// Where the grid ends. A score is not trained below this time.
    public var endTime: Double
    /// Whether the result is the mean of the last step instead of a draw around it.
    public var denoises: Bool

    public init(
        predictor: PredictorChoice = .reverseDiffusion,
        corrector: CorrectorChoice = .annealedLangevin(snr: 0.5, steps: 1), stepCount: Int = 30, endTime: Double = 0.03,
        denoises: Bool = true
    ) {
        self.predictor = predictor
        self.corrector = corrector
        self.stepCount = stepCount
        self.endTime = endTime
        self.denoises = denoises
    }

    public var networkCalls: Int? { stepCount * (predictor.rule.networkCalls + corrector.rule.networkCalls) }

    /// The time grid, from the noisy end downwards.
    public func times(for sde: some SDE) -> [Double] {
        timeGrid(from: sde.timeRange.upperBound, to: endTime, count: stepCount)
    }

    /// Draws a clean spectrum.
    ///
    /// - Parameters:
    ///   - noisy: what the process ends at, `[batch, frames, bins, 2]`.
    ///   - noise: asked for the prior, then per step for each corrector repetition and for the predictor.
    ///   - onUpdate: called after each corrector and each predictor update; an error thrown there ends the run.
    ///   - score: `∇ log p_t` at a state and a time.
    /// - Throws: `ScoreDiffusionError.invalidSampler` if the settings cannot run, and what the closures throw.
    public func sample(
        _ sde: some SDE, around noisy: Tensor, using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void = { _ in }, score: (Tensor, Double) throws -> Tensor
    ) throws -> Tensor {
        try validate(for: sde)
        let times = times(for: sde), predictor = predictor.rule, corrector = corrector.rule
        var state = try sde.prior(around: noisy, using: &noise)
        var mean = state
        for (step, time) in times.enumerated() {
            func report(_ stage: SamplerProgress.Stage) throws {
                try onUpdate(SamplerProgress(
                    step: step, stepCount: stepCount, stage: stage, time: time, state: state, mean: mean))
            }
            (state, mean) = try corrector.update(state, at: time, sde: sde, using: &noise, score: score)
            try report(.corrector)
            let stepSize = step + 1 < times.count ? time - times[step + 1] : time
            (state, mean) = try predictor.update(
                state, around: noisy, at: time, stepSize: stepSize, sde: sde, using: &noise, score: score)
            try report(.predictor)
        }
        return denoises ? mean : state
    }

    public func validate(for sde: some SDE) throws {
        try validateRange(for: sde)
        try validateStepCount(stepCount)
        try corrector.rule.validate()
    }
}
