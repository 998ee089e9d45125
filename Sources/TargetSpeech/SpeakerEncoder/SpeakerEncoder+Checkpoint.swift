import ModelLibrary
import NeuralCore

extension SpeakerEncoder {
    /// Opens a checkpoint: Resemblyzer's `pretrained.pt`, or a `.safetensors` file with the same names.
    ///
    /// Sizes are those of the tensors. Nothing in the file is run.
    /// - Throws: `CheckpointError` for files that cannot be read or hold another network.
    public init(checkpoint path: String) throws {
        if TorchCheckpoint.isCandidate(path: path) {
            let file = try TorchCheckpoint(path: path)
            let state = file.root["model_state"]
            try self.init(weights: file.tensors(state.members == nil ? file.root : state))
        } else {
            try self.init(weights: SafeTensorsFile(path: path))
        }
    }

    /// The encoder of a model file.
    ///
    /// - Throws: `ModelError`, `CheckpointError`.
    public init(_ file: ModelFile) throws { try self.init(SpeakerNetwork(file)) }

    /// - Parameter weights: named as in Resemblyzer; the scale and offset of its training loss are left out.
    public init(weights: some TensorSource) throws {
        let weights = RenamedTensors(weights) { $0.hasPrefix("similarity_") ? nil : $0 }
        func shape(_ name: String) throws -> [Int] {
            let shape = try weights.shape(name)
            guard shape.count == 2 else {
                throw CheckpointError.mismatch(path: weights.path, faults: ["\(name) is \(shape) instead of a matrix"])
            }
            return shape
        }
        var configuration = SpeakerNetwork.Configuration()
        configuration.bandCount = try shape("lstm.weight_ih_l0")[1]
        (configuration.embeddingSize, configuration.hiddenSize) = try { ($0[0], $0[1]) }(shape("linear.weight"))
        configuration.layerCount = weights.names.count { $0.hasPrefix("lstm.weight_ih_l") }
        var rng = Philox(seed: 0)
        try configuration.validate()
        var network = SpeakerNetwork(configuration, using: &rng)
        try network.load(from: weights)
        try self.init(network)
    }
}
