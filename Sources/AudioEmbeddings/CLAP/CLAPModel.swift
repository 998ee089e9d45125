import ModelLibrary
import NeuralCore

/// What is read of a CLAP model before its network is built.
struct CLAPModel {
    let configuration: CLAPConfiguration
    let features: CLAPFeatures
    let tokenizer: ByteLevelBPE?
    let weights: any TensorSource

    /// Of an installed model, whose settings hold the folder's files: `network`, `preprocessor` and `tokenizer`.
    init(_ file: ModelFile) throws {
        try file.require([.audioTextEncoder])
        let tokenizer = try file.settings["tokenizer"].object == nil
            ? nil : ByteLevelBPE(settings: file.settings["tokenizer"], path: file.path)
        try self.init(
            config: file.settings["network"], preprocessor: file.settings["preprocessor"], tokenizer: tokenizer,
            weights: file.file, path: file.path)
    }

    /// Of a folder. One without a tokenizer serves for recordings only.
    init(_ folder: HuggingFaceFolder) throws {
        guard folder.modelType == "clap" else {
            throw EncoderError.unsupported(
                path: folder.path, reason: "its config.json is of a \(folder.modelType ?? "nameless") model, not of clap")
        }
        try self.init(
            config: folder.config, preprocessor: folder.json("preprocessor_config.json") ?? .null,
            tokenizer: ByteLevelBPE(folder), weights: folder.tensors, path: folder.path)
    }

    private init(
        config: JSONValue, preprocessor: JSONValue, tokenizer: ByteLevelBPE?, weights: any TensorSource, path: String
    ) throws {
        configuration = try CLAPConfiguration(config, path: path)
        features = try CLAPFeatures(
            preprocessor: preprocessor, isFused: config["audio_config"]["enable_fusion"].bool ?? false,
            bandCount: configuration.audio.bandCount, path: path)
        guard features.frameCount <= configuration.audio.frameCount else {
            throw ModelError.invalidSettings(
                path: path, reason: "windows of \(features.frameCount) frames do not fit an image of \(configuration.audio.frameCount)")
        }
        if let tokenizer, tokenizer.largestID >= configuration.text.vocabulary {
            throw EncoderError.invalidTokenizer(
                path: path, reason: "it has the id \(tokenizer.largestID) and the network \(configuration.text.vocabulary) tokens")
        }
        (self.tokenizer, self.weights) = (tokenizer, weights)
    }
}

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
            try SafeTensorsFile.write(network.namedParameters(), metadata: metadata, to: path)
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
