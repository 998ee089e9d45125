/// A table of vectors looked up by number. `weight` is `[entries, features]`.
public struct Embedding: Layer {
    public var weight: Tensor

    /// Entries drawn with mean 0 and variance 1.
    public init(entries: Int, features: Int, using rng: inout Philox) {
        weight = .gaussian([entries, features], using: &rng)
    }

    public init(weight: Tensor) { self.weight = weight }

    /// `[indices.count, features]`
    public func callAsFunction(_ indices: [Int]) -> Tensor { weight.gathered(axis: 0, indices: indices) }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("weight", &weight)
    }
}
