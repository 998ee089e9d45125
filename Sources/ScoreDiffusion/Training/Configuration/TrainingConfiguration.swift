import Foundation
import Training

/// Everything that decides how a run goes, as the JSON that `--config` takes. Absent keys keep their defaults.
public struct TrainingConfiguration<Model: Codable & Sendable & Equatable, Loss: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
    /// The first of all random numbers: initial weights, examples, noise.
    public var seed: UInt64 = 1
    public var model: Model
    public var loss: Loss
    public var mixtures = MixtureSettings()
    public var optimization = OptimizationSettings()
    public var validation = ValidationSettings()
    public var checkpoints = CheckpointSettings()

    public init(model: Model, loss: Loss) {
        self.model = model
        self.loss = loss
    }

    /// Reads a configuration file over these defaults.
    ///
    /// - Throws: ``TrainingError`` naming the file and the key that is unknown, of the wrong type or out of range.
    public func reading(_ path: String) throws -> Self {
        try StrictSettings.read(path, over: self) { try $0.validate() }
    }

    public func validate() throws {
        try mixtures.validate()
        try optimization.validate()
        try validation.validate()
        try checkpoints.validate()
    }
}

/// The optimiser and its schedule.
public struct OptimizationSettings: Codable, Sendable, Equatable {
    /// Updates of the weights in the whole run; the learning rate falls to its end over them.
    public var steps = 100_000
    /// Examples in one update.
    public var batchSize = 8
    /// Parts the batch is cut into; their gradients are averaged. More parts need less memory.
    public var accumulation = 1
    /// Parts of one batch whose gradients are computed side by side. Fixes the order of summation, so the result is
    /// the same with any number of threads.
    public var shards = 4
    public var learningRate: Float = 1e-3
    /// Learning rate at the last step.
    public var finalLearningRate: Float = 1e-5
    /// Steps over which the rate rises from zero.
    public var warmUpSteps = 500
    public var weightDecay: Float = 0.01
    public var beta1: Float = 0.9
    public var beta2: Float = 0.999
    /// Gradients are scaled down to this L2 norm.
    public var gradientNorm: Float = 5
    /// Decay of the average of the weights that is evaluated and exported.
    public var averageDecay: Float = 0.999
    /// Share of a batch whose diffusion time is 1, where sampling starts.
    public var endTimeShare: Float = 0.25
    /// Smallest diffusion time.
    public var minimumTime: Float = 0.02

    public init() {}

    func validate() throws {
        func check(_ holds: Bool, _ name: String, _ message: String) throws {
            guard holds else { throw TrainingError.invalidSetting("optimization.\(name)", message) }
        }
        try check(steps >= 1, "steps", "must be at least 1, not \(steps)")
        try check(batchSize >= 1, "batchSize", "must be at least 1, not \(batchSize)")
        try check((1...batchSize).contains(accumulation), "accumulation", "must be from 1 to the batch size \(batchSize), not \(accumulation)")
        try check((1...1024).contains(shards), "shards", "must be from 1 to 1024, not \(shards)")
        try check(learningRate > 0 && learningRate < 10, "learningRate", "must be above 0 and below 10, not \(learningRate)")
        try check((0...learningRate).contains(finalLearningRate), "finalLearningRate", "must be from 0 to the learning rate \(learningRate), not \(finalLearningRate)")
        try check(warmUpSteps >= 0, "warmUpSteps", "must not be negative, as \(warmUpSteps) is")
        try check(weightDecay >= 0, "weightDecay", "must not be negative, as \(weightDecay) is")
        try check((0..<1).contains(beta1), "beta1", "must be from 0 to below 1, not \(beta1)")
        try check((0..<1).contains(beta2), "beta2", "must be from 0 to below 1, not \(beta2)")
        try check(gradientNorm > 0, "gradientNorm", "must be above 0, not \(gradientNorm)")
        try check((0..<1).contains(averageDecay), "averageDecay", "must be from 0 to below 1, not \(averageDecay)")
        try check((0...1).contains(endTimeShare), "endTimeShare", "must be from 0 to 1, not \(endTimeShare)")
        try check(minimumTime > 0 && minimumTime < 1, "minimumTime", "must be between 0 and 1, not \(minimumTime)")
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

/// When the state of a run is saved.
public struct CheckpointSettings: Codable, Sendable, Equatable {
    /// Minutes between two checkpoints.
    public var minutes = 5.0
    /// Steps between two checkpoints; 0 leaves it to the clock.
    public var steps = 0

    public init() {}

    func validate() throws {
        guard minutes > 0 else { throw TrainingError.invalidSetting("checkpoints.minutes", "must be above 0, not \(minutes)") }
        guard steps >= 0 else { throw TrainingError.invalidSetting("checkpoints.steps", "must not be negative, as \(steps) is") }
    }
}
