import ModelLibrary
import NeuralCore

extension ModelStore {
    /// Installs a published checkpoint under a name.
    ///
    /// - Parameters:
    ///   - settings: of the network, as in the training program's configuration file; `null` when there are none.
    ///   - replaces: whether a model of this name in the same folder may be overwritten.
    /// - Throws: `ModelError` for bad and taken names and for settings that are missing or cannot be used,
    ///   `CheckpointError` naming every tensor that does not fit.
    @discardableResult
    public func install(
        _ checkpoint: PublishedTargetCheckpoint, settings: JSONValue, as name: String, purpose: String? = nil,
        licence: String? = nil, replaces: Bool = false
    ) throws -> ModelFile {
        guard settings.object?.keys.isEmpty == false else { throw ModelError.noSettings(path: checkpoint.path) }
        func install(_ network: some ConfiguredNetwork) throws -> ModelFile {
            try self.install(as: name, replaces: replaces) { path in
                try network.write(
                    to: path, name: name, purpose: purpose, licence: licence,
                    details: ["weights": .string("of a published checkpoint")])
            }
        }
        return switch checkpoint.network {
        case .extractor: try install(checkpoint.extractor(settings))
        case .enrollment: try install(checkpoint.enrollmentNetwork(settings))
        }
    }
}
