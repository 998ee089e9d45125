import Training

/// Everything that decides how a codec is trained, as the JSON that `--config` takes.
public struct CodecTrainingConfiguration: OptimizedConfiguration {
    /// The first of all random numbers: initial weights, excerpts.
    public var seed: UInt64 = 1
    public var model = SpectralCodecConfiguration()
    public var excerpts = CodecExcerptSettings()
    public var quantizer = QuantizerTrainingSettings()
    public var optimization = OptimizationSettings()
    public var validation = CodecValidationSettings()
    public var checkpoints = CheckpointSettings()

    public init() {
        (optimization.steps, optimization.batchSize, optimization.shards) = (20_000, 12, 2)
        (optimization.learningRate, optimization.beta2, optimization.gradientNorm) = (1e-3, 0.99, 1)
    }

    public func validate() throws {
        do {
            try model.validate()
        } catch CodecError.invalidSetting(let name, let value, let fix) {
            throw TrainingError.invalidSetting("model." + name, "is \(value); \(fix)")
        }
        try excerpts.validate()
        try quantizer.validate()
        try optimization.validate()
        try validation.validate()
        try checkpoints.validate()
    }
}

/// What is cut out of recordings.
public struct CodecExcerptSettings: Codable, Sendable, Equatable {
    public var seconds: Float = 1
    /// Level of an excerpt's recording, as its peak in dB under full scale.
    public var level = Interval(-24, 0)

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        guard (0.2...60).contains(seconds) else {
            throw TrainingError.invalidSetting("excerpts.seconds", "must be from 0.2 to 60, not \(seconds)")
        }
        guard level.lower >= -100, level.upper <= 0, level.lower <= level.upper else {
            throw TrainingError.invalidSetting("excerpts.level", "must lie from -100 to 0 dB, not from \(level.lower) to \(level.upper)")
        }
    }
}

/// How codebooks learn.
public struct QuantizerTrainingSettings: Codable, Sendable, Equatable {
    /// Weights, next to the reconstruction, of the distance that codebooks feel and of that which the encoder feels.
    public var codebookWeight: Float = 1
    public var commitmentWeight: Float = 0.25
    /// Steps between two looks at which entries are in use; 0 never looks.
    public var resetInterval = 10
    /// Weight of the past in an entry's usage, and the usage, 1 being the mean, below which it is replaced.
    public var usageMemory: Float = 0.9
    public var usageThreshold: Float = 0.03

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        func check(_ holds: Bool, _ name: String, _ message: String) throws {
            guard holds else { throw TrainingError.invalidSetting("quantizer.\(name)", message) }
        }
        try check(codebookWeight >= 0 && codebookWeight.isFinite, "codebookWeight", "must not be negative, as \(codebookWeight) is")
        try check(commitmentWeight >= 0 && commitmentWeight.isFinite, "commitmentWeight", "must not be negative, as \(commitmentWeight) is")
        try check(resetInterval >= 0, "resetInterval", "must not be negative, as \(resetInterval) is")
        try check((0..<1).contains(usageMemory), "usageMemory", "must be from 0 to below 1, not \(usageMemory)")
        try check((0..<1).contains(usageThreshold), "usageThreshold", "must be from 0 to below 1, not \(usageThreshold)")
    }
}

/// What is measured while a codec trains, and how often.
public struct CodecValidationSettings: ValidationSchedule {
    public var every = 500
    /// Held-out excerpts of `seconds` each.
    public var excerpts = 32
    public var seconds: Float = 4
    /// Part of the recordings held out where no folder for validation is given.
    public var heldOut: Float = 0.05

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        try validateSchedule()
        guard (1...10_000).contains(excerpts) else {
            throw TrainingError.invalidSetting("validation.excerpts", "must be from 1 to 10000, not \(excerpts)")
        }
        guard (0.2...600).contains(seconds) else {
            throw TrainingError.invalidSetting("validation.seconds", "must be from 0.2 to 600, not \(seconds)")
        }
    }
}
