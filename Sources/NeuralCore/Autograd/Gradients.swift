import CKernels

/// One gradient per parameter of a model, in the order in which the model shows its parameters.
public struct Gradients: Sendable {
    public private(set) var names: [String]
    public private(set) var tensors: [Tensor]

    init(_ named: [(String, Tensor)]) {
        names = named.map(\.0)
        tensors = named.map(\.1)
    }

    /// The gradient of the parameter called `name`.
    public subscript(name: String) -> Tensor? {
        names.firstIndex(of: name).map { tensors[$0] }
    }

    /// The Euclidean norm over all gradients together.
    public var norm: Float {
        let sum = tensors.reduce(0.0) { sum, tensor in
            sum + tensor.withUnsafeBuffer { ck_sum_of_squares($0.baseAddress, $0.count) }
        }
        return Float(sum.squareRoot())
    }

    /// Scales all gradients so that their common norm is at most `limit`, and returns the norm they had.
    @discardableResult
    public mutating func clip(toNorm limit: Float) -> Float {
        let norm = norm
        if norm > limit { self = scaled(by: limit / (norm + 1e-6)) }
        return norm
    }

    public func scaled(by factor: Float) -> Gradients {
        var result = self
        result.tensors = tensors.map { $0 * factor }
        return result
    }

    /// Sums gradients of the same model, to accumulate over several small batches.
    public static func + (a: Gradients, b: Gradients) -> Gradients {
        precondition(a.names == b.names, "gradients of different models cannot be added")
        var result = a
        result.tensors = zip(a.tensors, b.tensors).map { $0 + $1 }
        return result
    }

    public static func += (a: inout Gradients, b: Gradients) { a = a + b }
}
