import Foundation
import NeuralCore

extension ModelStore {
    /// Installs a model under a name.
    ///
    /// - Parameters:
    ///   - purpose: what it is for, in a sentence; nil says it by the settings.
    ///   - replaces: whether a model of this name in the same folder may be overwritten.
    /// - Throws: ``ModelError`` for bad and taken names, `CheckpointError.notWritten`.
    @discardableResult
    public func install(
        _ model: ModelImport, as name: String, purpose: String? = nil, licence: String? = nil, replaces: Bool = false
    ) throws -> ModelFile {
        let path = try place(for: name, replaces: replaces)
        try model.write(to: path, name: name, purpose: purpose, licence: licence)
        return try ModelFile(path: path)
    }

    /// Installs a model file of this package by copying it.
    @discardableResult
    public func install(_ model: ModelFile, as name: String, replaces: Bool = false) throws -> ModelFile {
        _ = try model.speechModel()
        let path = try place(for: name, replaces: replaces)
        let tensors = try model.file.names.map { (name: String) in (name, try model.file.tensor(name)) }
        try SafeTensorsFile.write(tensors, metadata: model.file.metadata, to: path)
        return try ModelFile(path: path)
    }

    /// Checks a name before any work is done for it.
    public func checkName(_ name: String, replaces: Bool) throws { _ = try place(for: name, replaces: replaces, makesFolder: false) }

    /// The path of a new model, its folder made.
    private func place(for name: String, replaces: Bool, makesFolder: Bool = true) throws -> String {
        let allowed = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+")
        guard !name.isEmpty, name.count <= 100, name.unicodeScalars.allSatisfy(allowed.contains),
            !name.hasPrefix("."), !name.hasPrefix("-"), !name.hasSuffix(".safetensors")
        else { throw ModelError.invalidName(name) }
        guard let folder = installationFolder else { throw ModelError.noFolder }
        let path = folder + "/" + name + ".safetensors"
        if let taken = entries().first(where: { $0.name == name }), !replaces || taken.path != path {
            throw ModelError.nameTaken(name: name, path: taken.path, canBeReplaced: taken.path == path)
        }
        if makesFolder {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw CheckpointError.notWritten(path: path, reason: "the folder \(folder) cannot be made")
            }
        }
        return path
    }
}

extension ModelFile {
    /// The model, ready to clean speech.
    ///
    /// - Throws: `ModelError.wrongKind` when it does something else, and what building it throws.
    public func speechModel(_ options: SamplerOptions = SamplerOptions()) throws -> any SpeechModel {
        switch Kind(rawValue: kind) {
        case .published: try PublishedModel(self, options: options)
        default: try EnhancerModel(self).adjusted(by: options)
        }
    }
}

extension EnhancerModel {
    /// The same model with another sampler.
    ///
    /// - Throws: `ScoreDiffusionError.unsuitableOption`.
    public func adjusted(by options: SamplerOptions) throws -> EnhancerModel {
        guard !options.isEmpty else { return self }
        var configuration = configuration
        configuration.sampler = try configuration.sampler.adjusted(by: options)
        configuration.defaultSteps = options.steps ?? configuration.defaultSteps
        return try EnhancerModel(configuration, network: network)
    }
}
