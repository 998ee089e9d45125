/// When the state of a run is saved.
public struct CheckpointSettings: Codable, Sendable, Equatable {
    /// Minutes between two checkpoints.
    public var minutes = 5.0
    /// Steps between two checkpoints; 0 leaves it to the clock.
    public var steps = 0

    public init() {}

    /// - Throws: ``TrainingError/invalidSetting(_:_:)``.
    public func validate() throws {
        guard minutes > 0 else { throw TrainingError.invalidSetting("checkpoints.minutes", "must be above 0, not \(minutes)") }
        guard steps >= 0 else { throw TrainingError.invalidSetting("checkpoints.steps", "must not be negative, as \(steps) is") }
    }
}
