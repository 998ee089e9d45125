import Foundation
import ModelLibrary
import NeuralCore
import Training

/// Settings of a network that can be kept in a model file.
public protocol NetworkConfiguration: Codable, Sendable {
    /// In Hz.
    var sampleRate: Int { get }
    /// Numbers in all parameters.
    var parameterCount: Int { get }
    func validate() throws
}

/// A network of this package's target speech models.
public protocol ConfiguredNetwork: Layer {
    associatedtype Configuration: NetworkConfiguration

    var configuration: Configuration { get }
    /// A network with drawn weights.
    init(_ configuration: Configuration, using rng: inout Philox)
    /// What the names of tensors begin with that files of this network may hold beside its parameters.
    static var namesBesideParameters: [String] { get }
    /// What a model with these settings is.
    static func kind(of configuration: Configuration) -> ModelFile.Kind
    /// What a model with these settings is for, in a sentence.
    static func purpose(of configuration: Configuration) -> String
}

extension TFGridNetExtractor: ConfiguredNetwork {
    /// The filter bank, which is a formula.
    public static var namesBesideParameters: [String] { ["tfgridnet.enc.filterbank.", "tfgridnet.dec.filterbank."] }

    public static func kind(of configuration: ExtractorConfiguration) -> ModelFile.Kind {
        configuration.embeddingSize > 0 ? .extractor : .streamingEnhancer
    }

    public static func purpose(of configuration: ExtractorConfiguration) -> String {
        configuration.embeddingSize > 0
            ? "Lets one enrolled voice through, while it sounds." : "Removes noise from speech while it sounds."
    }
}

extension ConfiguredNetwork {
    /// Builds the network that a model file describes, with its weights.
    ///
    /// The file's settings hold the network's own under `network`, by their published names.
    /// - Throws: `ModelError` for another kind of model or unusable settings, `CheckpointError` where tensors do not fit.
    public init(_ file: ModelFile) throws {
        let configuration = try Configuration(file)
        try file.require([Self.kind(of: configuration)])
        try self.init(configuration, weights: file.file)
    }

    /// Builds a network with the weights of a file, whose names are the network's; ``namesBesideParameters`` are passed over.
    ///
    /// - Throws: `CheckpointError.mismatch` naming every tensor that is missing, unexpected or of another shape.
    public init(_ configuration: Configuration, weights: some TensorSource) throws {
        let weights = RenamedTensors(weights) { name in
            Self.namesBesideParameters.contains { name.hasPrefix($0) } ? nil : name
        }
        // Loading names every tensor that does not fit; this keeps settings from asking for more memory than that.
        let present = try weights.names.reduce(0) { try $0 + weights.shape($1).reduce(1, *) }
        guard configuration.parameterCount <= 2 * present + 100_000 else {
            throw CheckpointError.mismatch(
                path: weights.path,
                faults: ["by its settings it would have \(configuration.parameterCount) parameters, and the file holds \(present)"])
        }
        var rng = Philox(seed: 0)
        try configuration.validate()
        self.init(configuration, using: &rng)
        try load(from: weights)
    }

    /// Writes a model file; it appears whole or not at all.
    ///
    /// - Parameters:
    ///   - name: what the model is called.
    ///   - purpose: what it is for, in a sentence; nil for ``purpose(of:)``.
    ///   - details: more settings for the file, such as where the weights come from.
    public func write(
        to path: String, name: String, purpose: String? = nil, licence: String? = nil, details: JSONObject = JSONObject()
    ) throws {
        let metadata = try Self.metadata(configuration, name: name, purpose: purpose, licence: licence, details: details)
        try SafeTensorsFile.write(namedParameters(), metadata: metadata, to: path)
    }

    /// What a model file says about itself.
    static func metadata(
        _ configuration: Configuration, name: String, purpose: String? = nil, licence: String? = nil, details: JSONObject = JSONObject()
    ) throws -> [String: String] {
        let network = String(decoding: try StrictSettings.encode(configuration), as: UTF8.self)
        var config: JSONObject = [
            "name": .string(name), "purpose": .string(purpose ?? Self.purpose(of: configuration)),
            "licence": .string(licence ?? ""), "sampleRate": .integer(configuration.sampleRate),
        ]
        for key in details.keys { config = config.setting(key, to: details[key] ?? .null) }
        config = config.setting("network", to: try JSONValue(parsing: network))
        return ["kind": Self.kind(of: configuration).rawValue, "config": JSONValue.object(config).text]
    }
}

extension NetworkConfiguration {
    /// The network's settings in a model file.
    ///
    /// - Throws: `ModelError.invalidSettings`.
    public init(_ file: ModelFile) throws { try self.init(file.settings["network"], path: file.path) }

    /// Settings by their published names; `path` is what errors call their file.
    ///
    /// - Throws: `ModelError.invalidSettings`.
    public init(_ settings: JSONValue, path: String) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(settings.text.utf8))
        } catch let error as DecodingError {
            throw ModelError.invalidSettings(path: path, error)
        } catch let error as TargetSpeechError {
            throw ModelError.invalidSettings(path: path, reason: error.localizedDescription)
        }
    }
}
