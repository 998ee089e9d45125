import NeuralCore

/// Named weights, checked against the shapes that a configuration asks for.
struct StreamWeights {
    let prefix: String
    let tensors: [String: Tensor]

    init(_ tensors: [String: Tensor], prefix: String = "") {
        (self.tensors, self.prefix) = (tensors, prefix)
    }

    /// The weights whose names go on after `name` and a dot.
    func scope(_ name: String) -> Self { .init(tensors, prefix: prefix + name + ".") }

    /// The values of one tensor; throws unless it is there, in this shape and finite.
    func callAsFunction(_ name: String, _ shape: Int...) throws -> [Float] {
        let name = prefix + name
        guard let tensor = tensors[name] else { throw TargetSpeechError.missingWeight(name: name) }
        guard tensor.shape == shape else {
            throw TargetSpeechError.weightShape(name: name, found: tensor.shape, expected: shape)
        }
        let values = tensor.values
        guard values.allSatisfy(\.isFinite) else { throw TargetSpeechError.weightNotFinite(name: name) }
        return values
    }
}
