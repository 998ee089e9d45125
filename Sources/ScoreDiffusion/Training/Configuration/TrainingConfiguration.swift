import Foundation
import Training

/// Everything that decides how a run goes, as the JSON that `--config` takes. Absent keys keep their defaults.
public struct TrainingConfiguration<Model: Codable & Sendable & Equatable, Loss: Codable & Sendable & Equatable>: RunConfiguration {
    /// The first of all random numbers: initial weights, examples, noise.
    public var seed: UInt64 = 1
    public var model: Model
    public var loss: Loss
    public var mixtures = MixtureSettings()
    public var optimization = DiffusionOptimization()
    public var validation = ValidationSettings()
    public var checkpoints = CheckpointSettings()

    public init(model: Model, loss: Loss) {
        self.model = model
        self.loss = loss
    }

    public var steps: Int {
        get { optimization.steps }
        set { optimization.steps = newValue }
    }

    public var plan: TrainingPlan {
        TrainingPlan(
            seed: seed, optimization: optimization.general, validationInterval: validation.every, checkpoints: checkpoints)
    }

    public func validate() throws {
        try mixtures.validate()
        try optimization.validate()
        try validation.validate()
        try checkpoints.validate()
    }
}

/// What is measured while training, and how often.
public struct ValidationSettings: Codable, Sendable, Equatable {
    /// Steps between two validations; the last step is always validated. 0 validates at the end only.
    public var every = 1000
    /// Fixed mixtures, drawn once.
    public var mixtures = 16
    /// Length of each in seconds.
    public var seconds: Float = 4
    public var snr = Interval(-5, 15)
    /// Shares inside a simulated room and without noise.
    public var rooms: Float = 0
    public var clean: Float = 0
    /// Sampler steps to measure.
    public var samplerSteps = [1]
    /// Share of the speakers and of the noises that is held out where no validation folders are given.
    public var heldOut: Float = 0.05

    public init() {}

    func validate() throws {
        func check(_ holds: Bool, _ name: String, _ message: String) throws {
            guard holds else { throw TrainingError.invalidSetting("validation.\(name)", message) }
        }
        try check(every >= 0, "every", "must not be negative, as \(every) is")
        try check((1...10_000).contains(mixtures), "mixtures", "must be from 1 to 10000, not \(mixtures)")
        try check((1...60).contains(seconds), "seconds", "must be from 1 to 60, not \(seconds)")
        try check(snr.lower <= snr.upper, "snr", "must be [lower, upper], not [\(snr.lower), \(snr.upper)]")
        try check((0...1).contains(rooms), "rooms", "must be from 0 to 1, not \(rooms)")
        try check((0...1).contains(clean), "clean", "must be from 0 to 1, not \(clean)")
        try check(!samplerSteps.isEmpty && samplerSteps.allSatisfy { (1...1000).contains($0) }, "samplerSteps", "must be one or more numbers from 1 to 1000, not \(samplerSteps)")
        try check(heldOut > 0 && heldOut <= 0.5, "heldOut", "must be above 0 and at most 0.5, not \(heldOut)")
    }
}
