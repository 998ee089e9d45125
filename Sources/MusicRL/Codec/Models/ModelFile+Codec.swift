import ModelLibrary
import NeuralCore

extension ModelFile {
    /// The codec that the file holds; a model of music has one, too.
    ///
    /// - Parameter codebooks: How many codebooks it uses for encoding; nil for all.
    /// - Throws: `ModelError` for another kind of model or unusable settings, `CheckpointError` where tensors do not fit,
    ///   ``CodecError``.
    public func audioCodec(codebooks: Int? = nil) throws -> any AudioCodec {
        try require([.codec, .music])
        if kind == Kind.music.rawValue {
            return try MusicModelParts(settings: settings["musicgen"], path: path, tensors: file).codec(codebooks: codebooks)
        }
        return try CodecNetwork.codec(settings["network"], weights: file, path: path, codebooks: codebooks)
    }

    /// What tells its codec from others: the SHA-256 of a codec's file, and of the codec's settings and tensors in a model of
    /// music, so that codes outlive the other parts.
    ///
    /// - Throws: What reading the file throws.
    public func codecHash() throws -> String {
        guard kind == Kind.music.rawValue else { return try contentHash() }
        var hash = SHA256()
        hash.update(Array(settings["musicgen"]["audio_encoder"].text.utf8))
        for name in file.names.sorted() where name.hasPrefix(MusicModelParts.codecPrefix) {
            hash.update(Array("\(name) \(try file.dtype(name)) \(try file.shape(name))".utf8))
            hash.update(try file.bytes(name))
        }
        return hash.finish()
    }
}

/// Codecs by what their settings call them.
enum CodecNetwork {
    /// - Parameters:
    ///   - settings: Those of the network; `model_type` says which one.
    ///   - path: What errors call their file.
    static func codec(
        _ settings: JSONValue, weights: some TensorSource, path: String, codebooks: Int? = nil
    ) throws -> any AudioCodec {
        switch settings["model_type"].string {
        case EnCodecConfiguration.modelType:
            return try EnCodec(EnCodecConfiguration(settings, path: path), weights: weights, codebooks: codebooks)
        case SpectralCodecConfiguration.modelType:
            return try SpectralCodec(SpectralCodecConfiguration(settings, path: path), weights: weights, codebooks: codebooks)
        default:
            throw ModelError.invalidSettings(path: path, reason: "no codec of the type \(settings["model_type"].text) is known")
        }
    }
}

extension ModelStore {
    /// Installs a codec from a folder of Hugging Face. Its tensors stay as they are.
    ///
    /// - Parameters:
    ///   - licence: Of the weights; what the folder says if left out.
    ///   - replaces: Whether a model of this name in the same folder may be overwritten.
    /// - Throws: `ModelError` for bad and taken names and settings that cannot be used, `CheckpointError` naming every tensor
    ///   that does not fit, ``CodecError``.
    @discardableResult
    public func install(
        codec folder: HuggingFaceFolder, as name: String, purpose: String? = nil, licence: String? = nil, replaces: Bool = false
    ) throws -> ModelFile {
        let configuration = try EnCodecConfiguration(folder.config, path: folder.path + "/config.json")
        _ = try EnCodec(configuration, weights: folder.tensors)
        let settings: JSONObject = [
            "name": .string(name), "purpose": .string(purpose ?? EnCodecConfiguration.purpose),
            "licence": .string(licence ?? folder.licence ?? "not stated; \(PublishedLicence.musicGen)"),
            "sampleRate": .integer(configuration.samplingRate), "weights": "of a Hugging Face folder", "network": folder.config,
        ]
        return try install(as: name, replaces: replaces) { path in
            try SafeTensorsFile.write(
                folder.tensors,
                metadata: ["kind": ModelFile.Kind.codec.rawValue, "config": JSONValue.object(settings).text], to: path)
        }
    }
}

extension EnCodecConfiguration {
    /// What `config.json` calls the network.
    public static let modelType = "encodec"
    static let purpose = "Turns sound into codes and back (EnCodec)."
}
