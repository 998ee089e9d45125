import Training

/// Everything that decides how an encoder of recordings and captions is trained, as the JSON that `--config` takes.
public struct ContrastiveTrainingConfiguration: OptimizedConfiguration {
    /// The first of all random numbers: initial weights, excerpts, captions.
    public var seed: UInt64 = 1
    public var name = "captions"
    public var model = ContrastiveConfiguration()
    public var excerpts = ContrastiveExcerptSettings()
    public var optimization = OptimizationSettings()
    public var validation = ContrastiveValidationSettings()
    public var checkpoints = CheckpointSettings()

    public init() {
        // Examples are told from those of their own shard.
        (optimization.steps, optimization.batchSize, optimization.shards) = (4000, 48, 1)
        (optimization.learningRate, optimization.beta2, optimization.gradientNorm) = (1e-3, 0.98, 1)
        (optimization.weightDecay, optimization.warmUpSteps, optimization.averageDecay) = (0.1, 200, 0.998)
    }

    public func validate() throws {
        if let fault = model.fault { throw TrainingError.invalidSetting("model." + fault.name, fault.message) }
        guard !name.isEmpty, name.count <= 100 else { throw TrainingError.invalidSetting("name", "must have 1 to 100 letters") }
        try excerpts.validate(model)
        try optimization.validate()
        guard optimization.batchSize >= 2 * optimization.shards * optimization.accumulation else {
            throw TrainingError.invalidSetting(
                "optimization.batchSize", "must give each shard two examples or more, and is \(optimization.batchSize)")
        }
        try validation.validate()
        try checkpoints.validate()
    }
}

/// What is cut out of clips, what is done to it, and what is said of it.
public struct ContrastiveExcerptSettings: Codable, Sendable, Equatable {
    public var seconds: Float = 8
    /// Share of captions that are written anew from what is known of the clip, and how often their pieces come apart.
    public var varied: Float = 0.7
    public var pieceDropout: Float = 0.05
    /// Steepest tilt of the spectrum in dB from the middle to an end, deviation of noise on levels in dB, and widest stripe of
    /// bands that is wiped out.
    public var tilt: Float = 4
    public var noise: Float = 1.5
    public var mask = 12

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    func validate(_ model: ContrastiveConfiguration) throws {
        func check(_ holds: Bool, _ name: String, _ message: String) throws {
            guard holds else { throw TrainingError.invalidSetting("excerpts.\(name)", message) }
        }
        try check((0.1...600).contains(seconds), "seconds", "must be from 0.1 to 600, not \(seconds)")
        try check((0...1).contains(varied), "varied", "must be from 0 to 1, not \(varied)")
        try check((0...1).contains(pieceDropout), "pieceDropout", "must be from 0 to 1, not \(pieceDropout)")
        try check((0...60).contains(tilt), "tilt", "must be from 0 to 60, not \(tilt)")
        try check((0...60).contains(noise), "noise", "must be from 0 to 60, not \(noise)")
        try check((0..<model.bands).contains(mask), "mask", "must be from 0 to below the \(model.bands) bands, not \(mask)")
    }
}

/// What is measured while an encoder trains, and how often.
public struct ContrastiveValidationSettings: ValidationSchedule {
    public var every = 200
    /// Part of the tunes held out where no folder for validation is given.
    public var heldOut: Float = 0.05

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        try validateSchedule()
    }
}
