import Training

/// What is measured while a network trains on scenes, and how often.
public struct SceneValidationSettings: Codable, Sendable, Equatable {
    /// Steps between two validations; the last step is always validated. 0 validates at the end only.
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
        guard heldOut > 0, heldOut < 1 else {
            throw TrainingError.invalidSetting("validation.heldOut", "must be between 0 and 1, not \(heldOut)")
        }
        guard every >= 0 else { throw TrainingError.invalidSetting("validation.every", "must not be negative, as \(every) is") }
        guard (1...10_000).contains(scenes) else {
            throw TrainingError.invalidSetting("validation.scenes", "must be from 1 to 10000, not \(scenes)")
        }
        guard (0..<scenes).contains(absent) else {
            throw TrainingError.invalidSetting("validation.absent", "must be from 0 to below validation.scenes (\(scenes)), not \(absent)")
        }
    }
}
