import NeuralCore

/// Walks a Schrödinger bridge from the noisy to the clean spectrum with a network that estimates the clean one
/// (Jukić et al., "Schrödinger Bridge for Generative Speech Enhancement", 2024, section 3.3).
///
/// Good results need few calls: one to ten.
public struct BridgeSampler: Sampler {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Adds noise at every step but the last.
        case sde
        /// Deterministic, given the noisy spectrum.
        case ode
    }

    /// The time that the network is told in a step.
    public enum Evaluation: String, Sendable, Codable, CaseIterable {
        /// Where the step ends, as the published program has it.
        case arrival
        /// Where the step begins and the state is, as in training.
        case departure
    }

    public var kind: Kind
    public var stepCount: Int
    /// Where the time grid ends.
    public var endTime: Double
    public var evaluation: Evaluation

    public init(kind: Kind = .ode, stepCount: Int = 50, endTime: Double = 1e-4, evaluation: Evaluation = .arrival) {
        self.kind = kind
        self.stepCount = stepCount
        self.endTime = endTime
        self.evaluation = evaluation
    }

    public var networkCalls: Int? { stepCount }

    /// Times from 1 down to `endTime`; a step leads from each to the next.
    public func times(for bridge: SchroedingerBridgeVE) -> [Double] {
        timeGrid(from: bridge.timeRange.upperBound, to: endTime, count: stepCount + 1)
    }

    /// Estimates the clean spectrum.
    ///
    /// - Parameters:
    ///   - noisy: where the bridge starts, `[batch, frames, bins, 2]`.
    ///   - noise: asked once per step by the SDE, never by the ODE.
    ///   - onUpdate: called after each step; an error thrown there ends the run.
    ///   - estimate: the network's clean estimate for a state and a time.
    /// - Throws: `ScoreDiffusionError.invalidSampler` if the settings cannot run, and what the closures throw.
    public func sample(
        _ bridge: SchroedingerBridgeVE, around noisy: Tensor, using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void = { _ in }, estimate: (Tensor, Double) throws -> Tensor
    ) throws -> Tensor {
        try validate(for: bridge)
        let times = times(for: bridge)
        var state = try bridge.prior(around: noisy, using: &noise)
        for (step, weights) in weights(for: bridge).enumerated() {
            let clean = try estimate(state, times[evaluation == .arrival ? step + 1 : step])
            var mean = clean * Float(weights.estimate)
            if step == 0 {
                // Here x = y, and its two weights are large and opposite: add them before they meet float32.
                mean = mean + noisy * Float(weights.previous + weights.noisy)
            } else {
                mean = mean + state * Float(weights.previous)
                if kind == .ode { mean = mean + noisy * Float(weights.noisy) }
            }
            state = mean
            if kind == .sde {
                let draw = try noise.next(shape: noisy.shape)
                if step + 1 < stepCount { state = mean + draw * Float(weights.noise) }
            }
            try onUpdate(SamplerProgress(
                step: step, stepCount: stepCount, stage: .bridge, time: times[step + 1], state: state, mean: mean))
        }
        return state
    }

    /// The coefficients of every step, in order.
    func weights(for bridge: SchroedingerBridgeVE) -> [BridgeWeights] {
        let times = times(for: bridge)
        return zip(times, times.dropFirst()).map { start, end in
            switch kind {
            case .sde: .stochastic(bridge, from: start, to: end)
            case .ode: .deterministic(bridge, from: start, to: end)
            }
        }
    }

    public func sample(
        _ bridge: SchroedingerBridgeVE, around noisy: Tensor, with network: some ScoreNetwork,
        using noise: inout some DiffusionNoise, onUpdate: (SamplerProgress) throws -> Void
    ) throws -> Tensor {
        try sample(bridge, around: noisy, using: &noise, onUpdate: onUpdate) { state, time in
            network.cleanEstimate(state, noisy: noisy, time: time, sde: bridge)
        }
    }

    public func validate(for bridge: SchroedingerBridgeVE) throws {
        try bridge.validate()
        try validateStepCount(stepCount)
        guard endTime > 0, endTime < bridge.timeRange.upperBound else {
            throw ScoreDiffusionError.invalidSampler("the end time must lie between 0 and 1, not at \(endTime)")
        }
    }
}
