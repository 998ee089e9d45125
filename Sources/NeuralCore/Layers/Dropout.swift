/// Zeroes elements at random in training and scales the rest, so that the expectation stays.
public struct Dropout: Sendable {
    /// The probability of an element to be zeroed, from 0 to below 1.
    public let rate: Float

    public init(rate: Float) {
        precondition((0..<1).contains(rate), "a dropout rate lies from 0 to below 1, not at \(rate)")
        self.rate = rate
    }

    /// For training only; leave the call out in inference.
    public func callAsFunction(_ input: Tensor, using rng: inout Philox) -> Tensor {
        guard rate > 0 else { return input }
        let kept = 1 / (1 - rate)
        let mask = Tensor(shape: input.shape) { buffer in
            for index in buffer.indices { buffer[index] = rng.nextUniform() < rate ? 0 : kept }
        }
        return input * mask
    }
}
