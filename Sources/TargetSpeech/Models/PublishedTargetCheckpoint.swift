import ModelLibrary
import NeuralCore

/// An official checkpoint of "Look once to hear": weights of the extractor or of the enrolment network.
///
/// Lightning wrote them, without the settings, which are in the configuration file of the training program.
public struct PublishedTargetCheckpoint: Sendable {
    public enum Network: Sendable { case extractor, enrollment }

    public let path: String
    public let network: Network
    /// Everything in the file, weights under the names of this package's networks.
    public let tensors: any TensorSource

    /// Nil where the tensors' names are of neither network.
    public init?(_ file: StateDictionary) { self.init(file.tensors) }

    init?(_ source: some TensorSource) {
        let stored = RenamedTensors(source) { name in
            let name = StateDictionary.bare(name)
            return name.hasPrefix("model.") ? String(name.dropFirst("model.".count)) : name
        }
        if stored.names.contains(where: { $0.hasPrefix("tfgridnet.") }) {
            network = .extractor
        } else if stored.contains("embed_proj.0.weight"), stored.names.contains(where: { $0.hasPrefix("blocks.0.intra_") }) {
            network = .enrollment
        } else {
            return nil
        }
        (path, tensors) = (source.path, stored)
    }

    /// The extractor with these weights.
    ///
    /// - Throws: `ModelError`, `CheckpointError`; also where the stored filter bank is not that of the settings.
    public func extractor(_ settings: JSONValue) throws -> TFGridNetExtractor {
        let configuration = try ExtractorConfiguration(settings, path: path)
        let network = try TFGridNetExtractor(configuration, weights: tensors)
        for side in ["enc", "dec"] {
            let name = "tfgridnet.\(side).filterbank._filters"
            guard tensors.contains(name) else { continue }
            let bank = network.bank.matrix.expanded(at: 1), shape = try tensors.shape(name)
            let filters = shape == bank.shape ? try tensors.tensor(name).values : []
            if filters.count != bank.count || zip(filters, bank.values).contains(where: { !(abs($0 - $1) < 1e-4) }) {
                throw CheckpointError.mismatch(path: path, faults: ["\(name) \(shape) is not the filter bank of these settings"])
            }
        }
        return network
    }

    /// The enrolment network with these weights.
    ///
    /// - Throws: `ModelError`, `CheckpointError`.
    public func enrollmentNetwork(_ settings: JSONValue) throws -> EnrollmentNetwork {
        try EnrollmentNetwork(EnrollmentConfiguration(settings, path: path), weights: tensors)
    }
}
