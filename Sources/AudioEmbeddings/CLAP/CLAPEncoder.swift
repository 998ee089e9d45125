import AudioMetrics
import ModelLibrary
import NeuralCore

/// CLAP as an encoder of recordings and captions.
///
/// Published programs cut a random piece out of long recordings, so that their scores change from call to call. Here a
/// long recording is cut into windows of the model's length one after the other, and one more that ends with the
/// recording where some remains; its embedding is the mean of the windows' embeddings, brought to length 1.
public struct CLAPEncoder: AudioTextEncoder {
    public let name: String
    public let identity: String
    public let network: CLAP
    public let features: CLAPFeatures
    private let tokenizer: ByteLevelBPE?
    private let windows: Stretches

    public var sampleRate: Int { features.sampleRate }
    public var dimension: Int { network.configuration.projection }
    public var cutting: String {
        let seconds = features.windowLength / sampleRate
        return "windows of \(seconds) s one after the other, the last one ending with the recording; shorter recordings are repeated"
    }

    /// - Parameter identity: differs with the weights and settings.
    init(_ model: CLAPModel, name: String, identity: String) throws {
        (self.name, self.identity, features, tokenizer) = (name, "clap 1 " + identity, model.features, model.tokenizer)
        network = try CLAP(model.configuration, frameCount: model.features.frameCount, weights: model.weights)
        windows = Stretches(length: features.windowLength, hop: features.windowLength)
    }

    /// An installed model.
    ///
    /// - Throws: `ModelError`, `CheckpointError`, ``EncoderError``.
    public init(_ file: ModelFile) throws {
        try self.init(CLAPModel(file), name: file.name, identity: file.contentHash())
    }

    /// A folder as Hugging Face's libraries write it.
    ///
    /// - Throws: `ModelError`, `CheckpointError`, ``EncoderError``.
    public init(_ folder: HuggingFaceFolder) throws {
        var hash = SHA256()
        for text in [folder.config, try folder.json("preprocessor_config.json") ?? .null] { hash.update(Array(text.text.utf8)) }
        for file in folder.weightFiles { try hash.update(file: file) }
        let name = folder.path.split(separator: "/").last.map(String.init) ?? folder.path
        try self.init(CLAPModel(folder), name: name, identity: hash.finish())
    }

    public func embeddings(ofSignal signal: [Float]) throws -> Tensor {
        let parts = try windows.starts(in: signal.count).map { start in
            let window = Array(signal[start..<min(signal.count, start + windows.length)])
            return network.embeddings(ofFeatures: Tensor(
                try features(window), shape: [1, features.frameCount, network.configuration.audio.bandCount]))
        }
        return Tensor.concatenated(parts, axis: 0)
    }

    public func summary(of stretches: EmbeddingSet) -> [Double] {
        let mean = stretches.mean
        let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? mean.map { $0 / length } : mean
    }

    /// The tokens of a text, beginning and end included; what is longer than the model's positions is cut.
    public func tokens(of text: String) throws -> [Int] {
        guard let tokenizer else { throw EncoderError.noTextSide(encoder: name) }
        let settings = network.configuration.text
        return [settings.beginning] + tokenizer.encode(text).prefix(settings.longest - 2) + [settings.end]
    }

    public func embedding(ofText text: String) throws -> [Float] {
        let values = network.embedding(ofTokens: try tokens(of: text)).values
        guard values.allSatisfy(\.isFinite) else { throw EncoderError.notFinite(what: "an embedding by \(name)") }
        return values
    }
}
