import Foundation
import NeuralCore

public enum OptimizationMethod: String, Codable, Sendable {
    case adamW = "adamw"
    case muon
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
    public var method = OptimizationMethod.adamW
    /// Parts of names of parameters that Muon leaves to AdamW, such as embeddings and last layers.
    public var elementwise: [String] = []
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

    public init() {}

    /// - Throws: ``TrainingError/invalidSetting(_:_:)`` naming the first value out of range.
    public func validate() throws {
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
    }

    func optimizer<Network: Layer>(for network: Network) -> any Optimizer<Network> {
        switch method {
        case .adamW:
            AdamW(for: network, learningRate: learningRate, beta1: beta1, beta2: beta2, weightDecay: weightDecay)
        case .muon:
            Muon(
                for: network, learningRate: learningRate, beta1: beta1, beta2: beta2, weightDecay: weightDecay,
                exceptions: elementwise)
        }
    }

    /// Linear warm-up, then half a cosine down to the final rate at the last step.
    func rate(at step: Int) -> Float {
        if step < warmUpSteps { return learningRate * Float(step + 1) / Float(warmUpSteps) }
        let progress = Double(step - warmUpSteps) / Double(max(1, steps - 1 - warmUpSteps))
        let fall = 0.5 * (1 + cos(Double.pi * min(1, progress)))
        return finalLearningRate + (learningRate - finalLearningRate) * Float(fall)
    }
}
