import AudioMetrics
import ModelLibrary
import NeuralCore
import TextEncoding

/// The light default encoder of recordings and captions.
///
/// Long recordings are cut by a fixed rule, as for ``CLAPEncoder``.
public struct ContrastiveEncoder: AudioTextEncoder {
    public let name: String
    public let identity: String
    public let network: ContrastiveNetwork
    private let features: ContrastiveFeatures
    private let tokenizer: UnigramTokenizer
    private let windows: Stretches

    public var sampleRate: Int { network.configuration.sampleRate }
    public var dimension: Int { network.configuration.dimension }
    public var cutting: String {
        "windows of \(network.configuration.seconds) s one after the other, the last one ending with the recording; shorter recordings are repeated"
    }

    /// Longer captions are cut.
    static let longestText = 256

    /// - Parameter identity: differs with the weights and settings.
    init(_ network: ContrastiveNetwork, tokenizer: UnigramTokenizer, name: String, identity: String) throws {
        (self.network, self.tokenizer, self.name, self.identity) = (network, tokenizer, name, "contrastive 1 " + identity)
        features = try ContrastiveFeatures(network.configuration)
        windows = Stretches(length: network.configuration.windowSamples, hop: network.configuration.windowSamples)
    }

    /// An installed model.
    ///
    /// - Throws: `ModelError`, `CheckpointError` naming every tensor that does not fit, `TextEncodingError`.
    public init(_ file: ModelFile) throws {
        try file.require([.audioTextEncoder])
        let configuration = try ContrastiveConfiguration(file), tokenizer = try UnigramTokenizer(file)
        try tokenizer.check(against: configuration.textConfiguration, path: file.path)
        // Loading names every tensor that does not fit; this keeps settings from asking for more memory than that.
        let present = try file.parameterCount
        guard configuration.parameterCount <= 2 * present + 100_000 else {
            throw CheckpointError.mismatch(
                path: file.path,
                faults: ["by its settings it would have \(configuration.parameterCount) parameters, and the file holds \(present)"])
        }
        var rng = Philox(seed: 0)
        var network = ContrastiveNetwork(configuration, using: &rng)
        let attached = Set(file.attachedFiles)
        try network.load(from: RenamedTensors(file.file) { attached.contains($0) ? nil : $0 })
        try self.init(network, tokenizer: tokenizer, name: file.name, identity: file.contentHash())
    }

    public func embeddings(ofSignal signal: [Float]) throws -> Tensor {
        let parts = try windows.starts(in: signal.count).map { start in
            let window = Stretches.repeated(Array(signal[start..<min(signal.count, start + windows.length)]), to: windows.length)
            let values = try features(window), bands = network.configuration.bands
            return network.embeddings(ofFeatures: Tensor(values, shape: [1, values.count / bands, bands]))
        }
        return Tensor.concatenated(parts, axis: 0)
    }

    public func summary(of stretches: EmbeddingSet) -> [Double] {
        let mean = stretches.mean, length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? mean.map { $0 / length } : mean
    }

    public func embedding(ofText text: String) throws -> [Float] {
        let values = network.embeddings(ofPieces: [Array(tokenizer.encode(text).prefix(Self.longestText))]).values
        guard values.allSatisfy(\.isFinite) else { throw EncoderError.notFinite(what: "an embedding by \(name)") }
        return values
    }
}
