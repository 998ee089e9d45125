import ModelLibrary

/// Encoders by name.
public enum EncoderLibrary {
    /// The encoder that needs no weights.
    public static let builtIn = "spectral"

    /// The encoder that a user means.
    ///
    /// - Parameter name: `spectral`, an installed model's name, a model file, or a CLAP folder of Hugging Face.
    /// - Throws: ``EncoderError``, `ModelError`, `CheckpointError`.
    public static func encoder(_ name: String, in store: ModelStore = ModelStore()) throws -> any AudioEncoder {
        if name == builtIn { return SpectralStatisticsEncoder() }
        let isInstalled = !name.contains("/") && store.entries().contains { $0.name == name }
        if !isInstalled, HuggingFaceFolder.isOne(name) { return try CLAPEncoder(HuggingFaceFolder(path: name)) }
        return try encoder(find(name, in: store))
    }

    /// The encoder in a model file.
    public static func encoder(_ file: ModelFile) throws -> any AudioEncoder {
        try file.require([.audioTextEncoder, .audioEncoder])
        return file.kind == ModelFile.Kind.audioEncoder.rawValue ? try VGGishEncoder(file) : try textEncoder(file)
    }

    /// The encoder of recordings and captions in a model file.
    public static func textEncoder(_ file: ModelFile) throws -> any AudioTextEncoder {
        ContrastiveConfiguration.describes(file) ? try ContrastiveEncoder(file) : try CLAPEncoder(file)
    }

    /// An encoder of captions: the one that is named, or the only one installed.
    public static func textEncoder(_ name: String?, in store: ModelStore = ModelStore()) throws -> any AudioTextEncoder {
        guard let name else {
            do {
                return try textEncoder(store.model(nil, kind: .audioTextEncoder))
            } catch ModelError.noModels {
                throw EncoderError.noTextEncoder
            }
        }
        let found = try encoder(name, in: store)
        guard let encoder = found as? any AudioTextEncoder else { throw EncoderError.noTextSide(encoder: name) }
        return encoder
    }

    private static func find(_ name: String, in store: ModelStore) throws -> ModelFile {
        do {
            return try store.find(name)
        } catch ModelError.unknown {
            let kinds = [ModelFile.Kind.audioEncoder, .audioTextEncoder].map(\.rawValue)
            let installed = store.entries().filter { kinds.contains((try? $0.model.get())?.kind ?? "") }.map(\.name)
            throw EncoderError.unknown(name: name, known: [builtIn] + installed)
        }
    }
}
