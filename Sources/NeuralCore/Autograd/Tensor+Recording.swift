extension Tensor {
    /// Enters the result of an operation into the gradient graph. Every operation, fused or not, is written with this.
    ///
    /// Nothing is recorded, and `backward` is dropped at once, unless an input requires a gradient.
    /// - Parameters:
    ///   - value: the result.
    ///   - inputs: the operands.
    ///   - backward: receives the gradient of the result and returns one gradient per input, of that input's shape;
    ///     `nil` where there is none. It may skip inputs whose `requiresGradient` is false. It is called once.
    public static func recorded(
        _ value: Tensor, from inputs: [Tensor], backward: @escaping @Sendable (_ outputGradient: Tensor) -> [Tensor?]
    ) -> Tensor {
        recorded(value, inputs) { gradient in
            backward(gradient).map { if let gradient = $0 { .whole(gradient) } else { .none } }
        }
    }

    static func recorded(
        _ value: Tensor, _ inputs: [Tensor], contributions: @escaping @Sendable (Tensor) -> [GradientContribution]
    ) -> Tensor {
        guard inputs.contains(where: \.requiresGradient) else { return value.detached }
        let node = GraphNode(shape: value.shape, inputs: inputs.map(\.node), backward: contributions)
        return Tensor(storage: value.storage, shape: value.shape, node: node)
    }

    /// The same values as a new parameter of a gradient graph.
    func asParameter() -> Tensor {
        Tensor(storage: storage, shape: shape, node: GraphNode(shape: shape))
    }
}
