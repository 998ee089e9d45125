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

/// A run whose steps are those of its optimiser.
public protocol OptimizedConfiguration: RunConfiguration {
    associatedtype Validation: ValidationSchedule
    var optimization: OptimizationSettings { get set }
    var validation: Validation { get set }
}

extension OptimizedConfiguration {
    public var steps: Int {
        get { optimization.steps }
        set { optimization.steps = newValue }
    }

    public var plan: TrainingPlan {
        TrainingPlan(seed: seed, optimization: optimization, validationInterval: validation.every, checkpoints: checkpoints)
    }
}

/// When a run is validated, and on what part of its recordings.
public protocol ValidationSchedule: Codable, Sendable, Equatable {
    /// Steps between two validations; the last step is always validated. 0 validates at the end only.
    var every: Int { get }
    /// Part held out where no folder for validation is given.
    var heldOut: Float { get }
}

extension ValidationSchedule {
    /// - Throws: `TrainingError.invalidSetting`.
    package func validateSchedule() throws {
        guard every >= 0 else { throw TrainingError.invalidSetting("validation.every", "must not be negative, as \(every) is") }
        guard heldOut > 0, heldOut < 1 else {
            throw TrainingError.invalidSetting("validation.heldOut", "must be between 0 and 1, not \(heldOut)")
        }
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
