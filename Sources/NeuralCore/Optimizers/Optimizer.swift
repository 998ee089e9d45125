/// A rule that moves a model's parameters against a gradient.
public protocol Optimizer<Model>: Sendable {
    associatedtype Model: Layer

    /// Updates made so far.
    var step: Int { get }

    /// Moves the parameters of `model` against `gradient`, which comes from `valueAndGradient` of the same model.
    ///
    /// - Parameter learningRate: nil for the optimiser's own.
    mutating func update(_ model: inout Model, along gradient: Gradients, learningRate: Float?)

    /// What a checkpoint must hold, under `prefix`, beside the number of updates.
    func state(prefix: String) -> [(String, Tensor)]

    /// Takes back what `state(prefix:)` gave, and the number of updates it was taken after.
    mutating func restore(from file: SafeTensorsFile, prefix: String, step: Int) throws
}
