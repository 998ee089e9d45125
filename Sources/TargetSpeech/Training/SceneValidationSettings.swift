import Training

/// What is measured while a network trains on scenes, and how often.
public struct SceneValidationSettings: ValidationSchedule {
    public var every = 1000
    /// Fixed scenes, drawn once.
    public var scenes = 24
    /// How many of them lack the target.
    public var absent = 4
    /// Part of the talkers and noises held out where no folder for validation is given.
    public var heldOut: Float = 0.1

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        try validateSchedule()
        guard (1...10_000).contains(scenes) else {
            throw TrainingError.invalidSetting("validation.scenes", "must be from 1 to 10000, not \(scenes)")
        }
        guard (0..<scenes).contains(absent) else {
            throw TrainingError.invalidSetting("validation.absent", "must be from 0 to below validation.scenes (\(scenes)), not \(absent)")
        }
    }
}
