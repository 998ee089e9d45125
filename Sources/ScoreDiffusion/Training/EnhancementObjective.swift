import Foundation
import NeuralCore

/// Examples for one forward and backward pass.
public struct TrainingBatch: Sendable {
    /// Speech with noise, `[batch, samples]`.
    public var noisy: Tensor
    /// What is wanted of it, `[batch, samples]`.
    public var clean: Tensor
    /// Diffusion times in (0, 1], `[batch]`.
    public var times: Tensor
    /// For the diffusion noise; a function of seed and step alone.
    public var random: Philox

    public init(noisy: Tensor, clean: Tensor, times: Tensor, random: Philox) {
        (self.noisy, self.clean, self.times, self.random) = (noisy, clean, times, random)
    }
}

/// What the trainer asks of a model: a loss to bring down, and a way to enhance with the result.
///
/// Used from several threads at once.
public protocol EnhancementObjective: Sendable {
    associatedtype Network: Layer

    /// Samples per second that the network works at.
    var sampleRate: Int { get }

    /// The mean loss of a batch, a scalar.
    func loss(of network: Network, on batch: TrainingBatch) throws -> Tensor

    /// One recording, enhanced with `steps` sampler steps. The result is as long as `noisy`.
    func enhance(_ noisy: [Float], with network: Network, steps: Int, seed: UInt64) throws -> [Float]

    /// Changes where something else is learned from the same recordings; empty where the settings say it all.
    var fingerprint: String { get }

    /// What is to be raised, for results of several recordings; nil where the usual measures tell.
    func reward(of results: [[Float]], clean: [[Float]]) throws -> Double?

    /// What a model file must say about itself, so that it can be used without this configuration.
    func modelMetadata() throws -> [String: String]
}

extension EnhancementObjective {
    public var fingerprint: String { "" }
    public func reward(of results: [[Float]], clean: [[Float]]) throws -> Double? { nil }
}
