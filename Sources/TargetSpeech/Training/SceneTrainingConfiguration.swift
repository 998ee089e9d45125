import Training

/// Everything that decides how a run on binaural scenes goes, as the JSON that `--config` takes.
public struct SceneTrainingConfiguration<Network: NetworkConfiguration & Equatable>: RunConfiguration {
    /// The first of all random numbers: initial weights, scenes.
    public var seed: UInt64 = 1
    public var model: Network
    public var scenes = SceneSettings()
    public var optimization = OptimizationSettings()
    public var validation = SceneValidationSettings()
    public var checkpoints = CheckpointSettings()

    public init(model: Network) { self.model = model }

    public var steps: Int {
        get { optimization.steps }
        set { optimization.steps = newValue }
    }

    public var plan: TrainingPlan {
        TrainingPlan(
            seed: seed, optimization: optimization, validationInterval: validation.every, checkpoints: checkpoints)
    }

    public func validate() throws {
        try model.validate()
        try scenes.validate()
        try optimization.validate()
        try validation.validate()
        try checkpoints.validate()
        guard model.sampleRate == HeadRelatedResponses.sampleRate else {
            throw TrainingError.invalidSetting("model.sample_rate", "must be 16000, as scenes are, not \(model.sampleRate)")
        }
    }
}

/// Scenes to train on and others to validate with.
public struct SceneTrainingData: Sendable {
    let training: BinauralSceneGenerator
    let validation: BinauralSceneGenerator
    let fingerprint: String

    /// - Parameters:
    ///   - training: Recordings of which nothing is in `validation`.
    ///   - settings: Of the training scenes; validation has the same without their absent targets.
    public init(
        training: SceneSources, validation: SceneSources, settings: SceneSettings, seed: UInt64
    ) throws {
        self.training = try BinauralSceneGenerator(training, settings: settings, seed: RandomPurpose.examples.seed(of: seed))
        self.validation = try BinauralSceneGenerator(validation, settings: settings, seed: RandomPurpose.validation.seed(of: seed))
        fingerprint = training.fingerprint + "-" + validation.fingerprint
    }
}
