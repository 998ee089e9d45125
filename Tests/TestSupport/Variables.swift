import NeuralCore

/// Tensors to differentiate with respect to, named by their numbers.
public struct Variables: Layer {
    public var tensors: [Tensor]

    public init(_ tensors: Tensor...) { self.tensors = tensors }
    public init(_ tensors: [Tensor]) { self.tensors = tensors }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        for index in tensors.indices { try visitor.visit("\(index)", &tensors[index]) }
    }
}

/// A layer and what goes into it, to differentiate with respect to both.
public struct WithInputs<L: Layer>: Layer {
    public var layer: L
    public var inputs: Variables

    public init(layer: L, inputs: Variables) { (self.layer, self.inputs) = (layer, inputs) }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("layer", &layer)
        try visitor.visit("inputs", &inputs)
    }
}
