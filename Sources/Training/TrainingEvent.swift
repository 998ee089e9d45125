import Foundation

/// What a run tells whoever watches it.
public enum TrainingEvent: Sendable {
    /// A line worth reading once.
    case note(String)
    case step(TrainingProgress)
    case validation(step: Int, any ValidationSummary, isBest: Bool)
    case checkpoint(path: String, step: Int)
}

/// Where a run stands.
public struct TrainingProgress: Sendable {
    public var step: Int
    public var steps: Int
    /// The loss, averaged over about the last fifty steps.
    public var loss: Double
    public var examplesPerSecond: Double
    /// Until the last step, or until the time limit if that comes first.
    public var secondsLeft: Double
}

/// When to stop before the last step.
public struct TrainingLimits: Sendable {
    /// Stop after so many minutes.
    public var minutes: Double?
    /// Asked after every step and during validation; `true` saves the run and ends it.
    public var shouldStop: @Sendable () -> Bool

    public init(minutes: Double? = nil, shouldStop: @escaping @Sendable () -> Bool = { false }) {
        self.minutes = minutes
        self.shouldStop = shouldStop
    }
}

/// How a run ended. In every case it can be resumed from where it is.
public enum TrainingOutcome: Sendable, Equatable {
    case finished(step: Int)
    case outOfTime(step: Int)
    case interrupted(step: Int)
}
