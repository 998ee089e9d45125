import ModelLibrary
import NeuralCore
import TextEncoding

extension ModelStore {
    /// Installs a folder of Hugging Face's MusicGen.
    ///
    /// All parts are held against the settings first; nothing is installed of a model that could not make music.
    /// - Parameter licence: of the weights; what the folder says if left out.
    /// - Throws: `ModelError`, `CheckpointError`, ``MusicGenerationError``.
    @discardableResult
    public func install(
        musicGen folder: HuggingFaceFolder, as name: String, purpose: String? = nil, licence: String? = nil,
        replaces: Bool = false
    ) throws -> ModelFile {
        let attached = try AttachedTokenizer(folder)
        let parts = try MusicModelParts(settings: folder.config, path: folder.path, tensors: folder.tensors)
        try attached.tokenizer(path: folder.path).check(against: parts.text, path: folder.path)
        try parts.configuration.check(folder.tensors, prefix: "decoder.")
        _ = (try parts.textEncoder(), try parts.projection())
        let codec = try parts.codec()
        try parts.check(codec)
        let used = RenamedTensors(folder.tensors) { Self.isUsed($0) ? $0 : nil }
        var config: JSONObject = [
            "name": .string(name), "purpose": .string(purpose ?? "Makes music from a description."),
            "licence": .string(licence ?? folder.licence ?? "not stated; \(PublishedLicence.musicGen)"),
            "sampleRate": .integer(Int(codec.sampleRate)), "weights": "of a Hugging Face folder", "musicgen": folder.config,
        ]
        if let generation = try folder.generationDefaults { config = config.setting("generation", to: .object(generation)) }
        return try install(as: name, replaces: replaces) { path in
            try SafeTensorsFile.write(
                used, files: [(attached.name, attached.bytes)],
                metadata: ["kind": ModelFile.Kind.music.rawValue, "config": JSONValue.object(config).text], to: path)
        }
    }

    /// Installs the encoder of a T5 folder.
    ///
    /// - Throws: `ModelError`, `CheckpointError`.
    @discardableResult
    public func install(
        t5 folder: HuggingFaceFolder, as name: String, purpose: String? = nil, licence: String? = nil, replaces: Bool = false
    ) throws -> ModelFile {
        let encoder = try T5Encoder(T5Configuration(folder.config, path: folder.path + "/config.json"), weights: folder.tensors)
        let attached = try AttachedTokenizer(folder)
        try attached.tokenizer(path: folder.path).check(against: encoder.configuration, path: folder.path)
        let config: JSONObject = [
            "name": .string(name), "purpose": .string(purpose ?? "Describes texts for models of music."),
            "licence": .string(licence ?? folder.licence ?? "not stated in the folder"),
            "weights": "of a Hugging Face folder", "t5": folder.config,
        ]
        let used = RenamedTensors(folder.tensors) { $0.hasPrefix("encoder.") || $0 == "shared.weight" ? $0 : nil }
        return try install(as: name, replaces: replaces) { target in
            try SafeTensorsFile.write(
                used, files: [(attached.name, attached.bytes)],
                metadata: ["kind": ModelFile.Kind.textEncoder.rawValue, "config": JSONValue.object(config).text], to: target)
        }
    }

    /// Tables that are formulas, statistics of training and the text decoder stay behind.
    private static func isUsed(_ name: String) -> Bool {
        guard ["text_encoder.", "decoder.", "audio_encoder.", "enc_to_dec_proj."].contains(where: name.hasPrefix) else { return false }
        let unused = ["text_encoder.decoder.", "text_encoder.lm_head."].contains(where: name.hasPrefix)
        let isStatistic = ["embed_positions.weights", ".embed_avg", ".cluster_size", ".inited"].contains(where: name.hasSuffix)
        return !unused && !isStatistic
    }
}

/// What is known of the licences of published weights.
enum PublishedLicence {
    static let musicGen = "the published weights of MusicGen and its codec are CC-BY-NC-4.0: not for commercial use"
}
