import Foundation
import ModelLibrary
import NeuralCore

/// Turns a published checkpoint into an installed model.
///
/// ```swift
/// let model = try ModelImport(checkpoint: PublishedCheckpoint(path: "epoch=120.ckpt"))
/// let installed = try ModelStore().install(model, as: "sgmse-vb")
/// ```
public struct ModelImport: Sendable {
    public let checkpoint: PublishedCheckpoint
    public let settings: PublishedSettings
    public let options: SamplerOptions
    private let model: PublishedModel

    /// Builds the model and loads all tensors, so that what is installed works.
    ///
    /// - Parameters:
    ///   - overrides: settings by their published names, before those in the file.
    ///   - options: the sampler to use by default instead of the published one.
    /// - Throws: `CheckpointError.mismatch` naming every tensor that is missing, unexpected or of another shape,
    ///   `ModelError.invalidSettings`, and `ScoreDiffusionError.unsuitableOption`.
    public init(
        checkpoint: PublishedCheckpoint, overrides: JSONObject = JSONObject(), options: SamplerOptions = SamplerOptions()
    ) throws {
        self.checkpoint = checkpoint
        self.options = options
        var values = checkpoint.hyperParameters
        for key in overrides.keys { values = values.setting(key, to: overrides[key] ?? .null) }
        guard !values.keys.isEmpty else { throw ModelError.noSettings(path: checkpoint.path) }
        do {
            settings = try PublishedSettings(HyperParameters(values.reduced))
            model = try PublishedModel(settings, weights: checkpoint.tensors, options: options)
        } catch let error as ScoreDiffusionError {
            if case .unsuitableOption = error { throw error }
            throw ModelError.invalidSettings(path: checkpoint.path, reason: error.localizedDescription)
        }
    }

    /// Writes the model. The file appears whole or not at all.
    func write(to path: String, name: String, purpose: String?, licence: String?) throws {
        var config: JSONObject = [
            "name": .string(name), "purpose": .string(purpose ?? defaultPurpose), "licence": .string(licence ?? ""),
            "sampleRate": .integer(settings.sampleRate), "weights": .string(checkpoint.weights.description),
        ]
        if let steps = model.sampling.stepCount { config = config.setting("defaultSteps", to: .integer(steps)) }
        if !options.isEmpty {
            let text = String(decoding: try JSONEncoder().encode(options), as: UTF8.self)
            config = config.setting("sampler", to: try JSONValue(parsing: text))
        }
        config = config.setting("hyper_parameters", to: .object(settings.hyperParameters.values))
        let metadata = ["kind": ModelFile.Kind.published.rawValue, "config": JSONValue.object(config).text]
        try SafeTensorsFile.write(model.tensors, metadata: metadata, to: path)
    }

    private var defaultPurpose: String {
        let task = settings.removesReverberation ? "Removes reverberation from speech" : "Removes noise from speech"
        let family = if case .bridge = settings.sampling { "Schrödinger bridge" } else { "SGMSE+" }
        return "\(task) (\(family), \(settings.backbone.rawValue))."
    }
}

extension JSONObject {
    /// Without members whose text is longer than a setting ever is.
    fileprivate var reduced: JSONObject {
        keys.reduce(into: JSONObject()) { result, key in
            if let value = self[key], value.text.utf8.count <= 10_000 { _ = result.append(key, value) }
        }
    }
}
