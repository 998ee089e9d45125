import NeuralCore

@testable import MusicRL

/// Weights of an EnCodec network that come from a seed.
struct DrawnTensors: TensorSource {
    var path: String { "drawn weights" }
    private(set) var names: [String] = []
    private var tensors: [String: Tensor] = [:]

    init(_ configuration: EnCodecConfiguration, codebooks: Int, seed: UInt64) {
        var random = Philox(seed: seed)
        let expected = SEANetWeights.expected(by: configuration.encoderLayers, prefix: "encoder.layers.")
            + SEANetWeights.expected(by: configuration.decoderLayers, prefix: "decoder.layers.")
            + (0..<codebooks).map { ("quantizer.layers.\($0).codebook.embed", [configuration.codebookSize, configuration.hiddenSize]) }
        for (name, shape) in expected {
            let inputs = Float(shape.dropFirst().reduce(1, *))
            names.append(name)
            tensors[name] = .gaussian(shape, using: &random) * (name.contains("quantizer") ? 0.5 : 0.8 / inputs.squareRoot())
        }
    }

    subscript(name: String) -> Tensor? {
        get { tensors[name] }
        set {
            if tensors[name] == nil { names.append(name) }
            if newValue == nil { names.removeAll { $0 == name } }
            tensors[name] = newValue
        }
    }

    func contains(_ name: String) -> Bool { tensors[name] != nil }
    func shape(_ name: String) throws -> [Int] { try tensor(name).shape }

    func tensor(_ name: String) throws -> Tensor {
        guard let tensor = tensors[name] else { throw CheckpointError.missingTensor(path: path, name: name, known: names.count) }
        return tensor
    }
}
