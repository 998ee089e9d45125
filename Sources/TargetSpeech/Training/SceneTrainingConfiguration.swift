import Training

/// Everything that decides how a run on binaural scenes goes, as the JSON that `--config` takes.
public struct SceneTrainingConfiguration<Network: NetworkConfiguration & Equatable>: OptimizedConfiguration {
    /// The first of all random numbers: initial weights, scenes.
    public var seed: UInt64 = 1
    public var model: Network
    public var scenes = SceneSettings()
    public var voices = VoiceExampleSettings()
    public var loss = ExtractionLossSettings()
    public var optimization = OptimizationSettings()
    public var validation = SceneValidationSettings()
    public var checkpoints = CheckpointSettings()

    public init(model: Network) { self.model = model }

    public func validate() throws {
        try model.validate()
        try scenes.validate()
        try voices.validate()
        try loss.validate()
        try optimization.validate()
        try validation.validate()
        try checkpoints.validate()
        guard model.sampleRate == HeadRelatedResponses.sampleRate else {
            throw TrainingError.invalidSetting("model.sample_rate", "must be 16000, as scenes are, not \(model.sampleRate)")
        }
    }
}
