import Training

/// What an extractor's loss consists of.
public struct ExtractionLossSettings: Codable, Sendable, Equatable {
    /// Share of the scale-invariant ratio; the rest is that of the plain signal-to-noise ratio, which also sets the level.
    public var scaleInvariant: Float = 0.5

    public init() {}

    /// - Throws: `TrainingError.invalidSetting`.
    public func validate() throws {
        guard (0...1).contains(scaleInvariant) else {
            throw TrainingError.invalidSetting("loss.scaleInvariant", "must be from 0 to 1, not \(scaleInvariant)")
        }
    }
}
