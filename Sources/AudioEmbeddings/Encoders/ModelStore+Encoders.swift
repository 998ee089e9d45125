import ModelLibrary
import NeuralCore

extension ModelStore {
    /// Installs a CLAP model under a name. Its network is built first, so that nothing is installed that cannot be used.
    ///
    /// - Throws: `ModelError`, `CheckpointError` naming every tensor that does not fit, ``EncoderError``.
    @discardableResult
    public func install(
        clap folder: HuggingFaceFolder, as name: String, purpose: String? = nil, licence: String? = nil, replaces: Bool = false
    ) throws -> ModelFile {
        let model = try CLAPModel(folder)
        let network = try CLAP(model.configuration, frameCount: model.features.frameCount, weights: model.weights)
        let config: JSONObject = [
            "name": .string(name), "purpose": .string(purpose ?? "Tells how alike recordings and captions are (CLAP)."),
            "licence": .string(licence ?? folder.licence ?? ""), "sampleRate": .integer(model.features.sampleRate),
            "network": folder.config, "preprocessor": try folder.json("preprocessor_config.json") ?? .null,
            "tokenizer": model.tokenizer?.settings ?? .null,
        ]
        return try install(as: name, replaces: replaces) { path in
            let metadata = ["kind": ModelFile.Kind.audioTextEncoder.rawValue, "config": JSONValue.object(config).text]
            let halves = Set(model.weights.names.filter { (try? model.weights.dtype($0).isHalf) == true })
            try SafeTensorsFile.write(network.namedParameters(), metadata: metadata, to: path) { name in
                (halves.contains(name) ? try? model.weights.dtype(name) : nil) ?? .float32
            }
        }
    }

    /// Installs VGGish under a name.
    ///
    /// - Throws: `ModelError`, and `CheckpointError` naming every tensor that does not fit.
    @discardableResult
    public func install(
        vggish weights: StateDictionary, as name: String, purpose: String? = nil, licence: String? = nil, replaces: Bool = false
    ) throws -> ModelFile {
        let network = try VGGish(weights: VGGish.bare(weights.tensors))
        let config: JSONObject = [
            "name": .string(name), "purpose": .string(purpose ?? "Describes sounds for distances between sets (VGGish)."),
            "licence": .string(licence ?? ""), "sampleRate": .integer(VGGishFeatures.sampleRate),
        ]
        return try install(as: name, replaces: replaces) { path in
            let metadata = ["kind": ModelFile.Kind.audioEncoder.rawValue, "config": JSONValue.object(config).text]
            try SafeTensorsFile.write(network.namedParameters(), metadata: metadata, to: path)
        }
    }
}

extension VGGish {
    /// Whether a file's tensors have this network's names.
    public static func isIn(_ weights: StateDictionary) -> Bool {
        let tensors = bare(weights.tensors)
        return places.allSatisfy { tensors.contains("features.\($0.index).weight") }
            && densePlaces.allSatisfy { tensors.contains("embeddings.\($0).weight") }
    }

    static func bare(_ tensors: any TensorSource) -> RenamedTensors { RenamedTensors(tensors) { StateDictionary.bare($0) } }
}
