import Foundation
import ModelLibrary

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
        try install(as: name, replaces: replaces) { path in
            try model.write(to: path, name: name, purpose: purpose, licence: licence)
        }
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
