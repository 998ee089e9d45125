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
                path: path,
                reason: "windows of \(features.frameCount) frames do not fit an image of \(configuration.audio.frameCount)")
        }
        if let tokenizer, tokenizer.largestID >= configuration.text.vocabulary {
            throw EncoderError.invalidTokenizer(
                path: path,
                reason: "it has the id \(tokenizer.largestID) and the network \(configuration.text.vocabulary) tokens")
        }
        (self.tokenizer, self.weights) = (tokenizer, weights)
    }
}
