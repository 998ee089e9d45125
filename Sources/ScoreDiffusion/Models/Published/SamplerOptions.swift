/// Wishes about the sampler; nil leaves it as the model has it.
public struct SamplerOptions: Sendable, Codable, Equatable {
    /// The ways down from noisy to clean, by the names that a command line takes.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Predictor and corrector.
        case predictorCorrector = "pc"
        /// The ordinary differential equation: of a bridge in fixed steps, of a score model by an adaptive solver.
        case ode
        /// The same equation of a score model in fixed steps by Heun's rule.
        case heun
        /// The bridge's stochastic equation.
        case sde
    }

    public var kind: Kind?
    public var steps: Int?
    /// Repetitions of the corrector; 0 for none.
    public var correctorSteps: Int?
    /// Signal-to-noise ratio of the corrector.
    public var snr: Double?
    /// Where the time grid ends.
    public var endTime: Double?

    public init(
        kind: Kind? = nil, steps: Int? = nil, correctorSteps: Int? = nil, snr: Double? = nil, endTime: Double? = nil
    ) {
        (self.kind, self.steps, self.correctorSteps) = (kind, steps, correctorSteps)
        (self.snr, self.endTime) = (snr, endTime)
    }

    public var isEmpty: Bool { self == SamplerOptions() }

    /// These wishes, and where they say nothing those of `other`.
    public func merged(over other: SamplerOptions) -> SamplerOptions {
        SamplerOptions(
            kind: kind ?? other.kind, steps: steps ?? other.steps, correctorSteps: correctorSteps ?? other.correctorSteps,
            snr: snr ?? other.snr, endTime: endTime ?? other.endTime)
    }
}

extension Sampling {
    /// The same process, sampled as wished.
    ///
    /// - Throws: `ScoreDiffusionError.unsuitableOption` for a wish that this kind of model cannot have, `.invalidSampler`
    ///   for values that cannot run.
    public func adjusted(by options: SamplerOptions) throws -> Sampling {
        let result: Sampling
        switch self {
        case .bridge(let process, let sampler): result = .bridge(process, try sampler.adjusted(by: options))
        case .score(let process, let sampler): result = try Self.adjusted(process, sampler, by: options)
        case .probabilityFlow(let process, let sampler):
            result = try Self.adjusted(process, PredictorCorrectorSampler(endTime: sampler.endTime), by: options)
        }
        try result.validate()
        return result
    }

    private static func adjusted(
        _ process: OUVESDE, _ sampler: PredictorCorrectorSampler, by options: SamplerOptions
    ) throws -> Sampling {
        let endTime = options.endTime ?? sampler.endTime
        switch options.kind ?? .predictorCorrector {
        case .predictorCorrector:
            var sampler = sampler
            sampler.endTime = endTime
            sampler.stepCount = options.steps ?? sampler.stepCount
            if options.snr != nil || options.correctorSteps != nil {
                sampler.corrector = try sampler.corrector.adjusted(by: options)
            }
            return .score(process, sampler)
        case .ode:
            try options.refuseCorrector("the sampler ode has none")
            guard options.steps == nil else {
                throw ScoreDiffusionError.unsuitableOption("steps", reason: "the sampler ode finds its own; heun takes a number")
            }
            return .probabilityFlow(process, ProbabilityFlowSampler(endTime: endTime))
        case .heun:
            try options.refuseCorrector("the sampler heun has none")
            let solver = ODESolverChoice.heun(steps: options.steps ?? sampler.stepCount)
            return .probabilityFlow(process, ProbabilityFlowSampler(solver: solver, endTime: endTime))
        case .sde:
            throw ScoreDiffusionError.unsuitableOption("sampler", reason: "a score model has pc, ode and heun, not sde")
        }
    }
}

extension BridgeSampler {
    /// - Throws: `ScoreDiffusionError.unsuitableOption`.
    func adjusted(by options: SamplerOptions) throws -> BridgeSampler {
        try options.refuseCorrector("a Schrödinger bridge is sampled without one")
        var result = self
        switch options.kind {
        case nil: break
        case .ode: result.kind = .ode
        case .sde: result.kind = .sde
        case .predictorCorrector, .heun:
            throw ScoreDiffusionError.unsuitableOption("sampler", reason: "a Schrödinger bridge has ode and sde")
        }
        result.stepCount = options.steps ?? stepCount
        result.endTime = options.endTime ?? endTime
        return result
    }
}

extension CorrectorChoice {
    fileprivate func adjusted(by options: SamplerOptions) throws -> CorrectorChoice {
        let (snr, steps): (Double, Int) = switch self {
        case .annealedLangevin(let snr, let steps), .langevin(let snr, let steps): (snr, steps)
        case .none: (0.5, 1)
        }
        if options.correctorSteps == 0 {
            guard options.snr == nil else {
                throw ScoreDiffusionError.unsuitableOption("snr", reason: "without corrector steps it decides nothing")
            }
            return .none
        }
        let wantedSNR = options.snr ?? snr, wantedSteps = options.correctorSteps ?? steps
        if case .langevin = self { return .langevin(snr: wantedSNR, steps: wantedSteps) }
        return .annealedLangevin(snr: wantedSNR, steps: wantedSteps)
    }
}

extension SamplerOptions {
    fileprivate func refuseCorrector(_ reason: String) throws {
        if snr != nil { throw ScoreDiffusionError.unsuitableOption("snr", reason: "it belongs to a corrector, and \(reason)") }
        if correctorSteps != nil {
            throw ScoreDiffusionError.unsuitableOption("corrector-steps", reason: "they belong to a corrector, and \(reason)")
        }
    }
}
