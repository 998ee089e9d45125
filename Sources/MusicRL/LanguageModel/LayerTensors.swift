import NeuralCore

/// The parameters of a network as they are now, by their names.
struct LayerTensors: TensorSource {
    let path = "the network in memory"
    let names: [String]
    private let tensors: [String: Tensor]

    init(_ network: some Layer) {
        let parameters = network.namedParameters()
        names = parameters.map(\.0)
        tensors = Dictionary(parameters) { first, _ in first }
    }

    func contains(_ name: String) -> Bool { tensors[name] != nil }
    func shape(_ name: String) throws -> [Int] { try tensor(name).shape }

    func tensor(_ name: String) throws -> Tensor {
        guard let tensor = tensors[name] else {
            throw CheckpointError.missingTensor(path: path, name: name, known: names.count)
        }
        return tensor
    }
}
