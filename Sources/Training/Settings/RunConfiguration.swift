/// The settings of a run as a JSON file holds them: those of the trainer, and the task's own.
public protocol RunConfiguration: Codable, Sendable, Equatable {
    var seed: UInt64 { get set }
    /// Updates of the weights in the whole run.
    var steps: Int { get set }
    var checkpoints: CheckpointSettings { get set }

    /// What the trainer itself needs of them.
    var plan: TrainingPlan { get }

    /// - Throws: An error with a description that names the first setting out of range.
    func validate() throws
}

extension RunConfiguration {
    /// Reads a configuration file over these defaults.
    ///
    /// - Throws: ``TrainingError`` naming the file and the key that is unknown, of the wrong type or out of range.
    public func reading(_ path: String) throws -> Self {
        try StrictSettings.read(path, over: self) { try $0.validate() }
    }
}

/// The settings that the trainer itself needs.
public struct TrainingPlan: Sendable {
    public var seed: UInt64
    public var optimization: OptimizationSettings
    /// Steps between two validations; the last step is always validated. 0 validates at the end only.
    public var validationInterval: Int
    public var checkpoints: CheckpointSettings

    public init(seed: UInt64, optimization: OptimizationSettings, validationInterval: Int, checkpoints: CheckpointSettings) {
        (self.seed, self.optimization) = (seed, optimization)
        (self.validationInterval, self.checkpoints) = (validationInterval, checkpoints)
    }
}
