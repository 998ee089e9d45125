/// First weights of a network: Gaussian draws with a deviation of 1/√inputs, cut off at three deviations, or nothing
/// yet, for a network that takes its weights from a file.
package struct InitialWeights {
    private var rng: Philox?
    /// What the deviation is multiplied with.
    package var gain: Float = 1

    package init(using rng: Philox) { self.rng = rng }

    private init() {}

    /// Memory without contents.
    package static var unset: InitialWeights { InitialWeights() }

    /// The generator after all draws.
    package var generator: Philox? { rng }

    /// `[outputs, inputs]`
    package mutating func linear(_ inputs: Int, _ outputs: Int) -> Linear {
        Linear(weight: tensor([outputs, inputs], deviation: gain / Float(inputs).squareRoot()), bias: nil)
    }

    package mutating func tensor(_ shape: [Int], deviation: Float) -> Tensor {
        guard var rng else { return Tensor(shape: shape) { _ in } }
        defer { self.rng = rng }
        return clamp(Tensor.gaussian(shape, using: &rng), to: -3...3) * deviation
    }
}
