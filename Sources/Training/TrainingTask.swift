import NeuralCore

/// What the trainer asks of a task: examples, a loss to bring down, and a measure of how good the result is.
///
/// Used from several threads at once.
public protocol TrainingTask: Sendable {
    associatedtype Network: Layer
    associatedtype Example: Sendable
    associatedtype Report: ValidationSummary

    /// Example number `index`: a function of it and of what the task was made from alone, so that a resumed run, or one
    /// with more threads, sees the same examples in the same order.
    func example(_ index: Int) throws -> Example

    /// The mean loss of a part of a batch, a scalar.
    ///
    /// - Parameters:
    ///   - items: The places of the examples in the batch.
    ///   - random: For noise of the step's own; a function of seed and step alone.
    func loss(of network: Network, on examples: ArraySlice<Example>, items: Range<Int>, random: Philox) throws -> Tensor

    /// Changes a network after an update in ways that gradients cannot: entries of a codebook that nothing chooses, say.
    ///
    /// A function of its arguments and of what the task was made from alone.
    /// - Parameters:
    ///   - examples: The batch of the update.
    ///   - step: Updates made so far.
    func refine(_ network: inout Network, after examples: [Example], step: Int) throws

    /// Measures a network on examples that are drawn once and never trained on. Throws what `checkCancelled` throws.
    func validate(_ network: Network, checkCancelled: @Sendable () throws -> Void) throws -> Report

    /// What a model file must say about itself, so that it can be used without this run's settings.
    func modelMetadata() throws -> [String: String]

    /// Writes a model file; the network's tensors alone unless the task says otherwise.
    func export(_ network: Network, metadata: [String: String], to path: String) throws

    /// Changes with the recordings: a resumed run is only exact on the same ones.
    var fingerprint: String { get }
}

extension TrainingTask {
    public func refine(_ network: inout Network, after examples: [Example], step: Int) throws {}

    public func export(_ network: Network, metadata: [String: String], to path: String) throws {
        try SafeTensorsFile.write(network.namedParameters(), metadata: metadata, to: path)
    }
}

/// The outcome of a validation, as the log holds it.
public protocol ValidationSummary: Codable, Sendable {
    /// What the best model is chosen by; larger is better.
    var merit: Double { get }
    /// One line for people.
    var summary: String { get }
}
