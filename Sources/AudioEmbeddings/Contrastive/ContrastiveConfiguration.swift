import Foundation
import ModelLibrary
import NeuralCore
import TextEncoding

/// Sizes of the light encoder of recordings and captions.
public struct ContrastiveConfiguration: Codable, Sendable, Equatable {
    /// In Hz.
    public var sampleRate = 16_000
    /// Samples under the window of one spectrum, and from one spectrum to the next.
    public var windowLength = 2048
    public var hop = 320
    public var bands = 128
    /// Of the stretches that recordings are cut into.
    public var seconds = 10
    /// Channels of the audio side, and inside its blocks.
    public var width = 128
    public var hiddenWidth = 256
    /// Blocks at half the rate of spectra, and at a quarter of it.
    public var fastBlocks = 3
    public var slowBlocks = 4
    public var text = Text()
    /// Values in an embedding.
    public var dimension = 128

    public struct Text: Codable, Sendable, Equatable {
        /// Pieces of the tokeniser, at most.
        public var vocabulary = 512
        public var width = 96
        public var feedForwardWidth = 192
        public var layers = 2
        public var heads = 4

        public init() {}
    }

    public init() {}

    static let modelType = "contrastive-encoder"
    /// Columns that a block sees, at each of the two rates.
    static let fastKernel = 7, slowKernel = 15

    var windowSamples: Int { seconds * sampleRate }
    var textConfiguration: T5Configuration {
        T5Configuration(
            vocabularySize: text.vocabulary, width: text.width, headWidth: text.width / text.heads, heads: text.heads,
            feedForwardWidth: text.feedForwardWidth, layers: text.layers)
    }

    /// The first setting that cannot be, by its name, and why.
    var fault: (name: String, message: String)? {
        for (name, value, range) in [
            ("sampleRate", sampleRate, 4000...192_000), ("windowLength", windowLength, 16...65_536), ("hop", hop, 1...65_536),
            ("bands", bands, 8...1024), ("seconds", seconds, 1...600), ("width", width, 1...4096), ("hiddenWidth", hiddenWidth, 1...16_384),
            ("fastBlocks", fastBlocks, 0...64), ("slowBlocks", slowBlocks, 0...64), ("dimension", dimension, 2...4096),
            ("text.vocabulary", text.vocabulary, 128...100_000), ("text.width", text.width, 1...4096),
            ("text.feedForwardWidth", text.feedForwardWidth, 1...16_384), ("text.layers", text.layers, 1...64),
            ("text.heads", text.heads, 1...128),
        ] where !range.contains(value) {
            return (name, "must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        if !text.width.isMultiple(of: text.heads) { return ("text.heads", "must divide the width \(text.width)") }
        if !windowLength.isMultiple(of: 2) || hop > windowLength { return ("windowLength", "must be even and no less than the hop \(hop)") }
        return nil
    }

    /// The settings in a model file.
    ///
    /// - Throws: `ModelError.invalidSettings`.
    init(_ file: ModelFile) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(file.settings["network"].text.utf8))
        } catch let error as DecodingError {
            throw ModelError.invalidSettings(path: file.path, error)
        }
        if let fault { throw ModelError.invalidSettings(path: file.path, reason: "\"\(fault.name)\" \(fault.message)") }
    }

    static func describes(_ file: ModelFile) -> Bool { file.settings["network"]["model_type"].string == modelType }

    /// What a model file of these settings says about itself.
    func modelMetadata(name: String) throws -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let network = try JSONValue(parsing: String(decoding: encoder.encode(self), as: UTF8.self)).object ?? JSONObject()
        let config: JSONObject = [
            "name": .string(name), "purpose": "Tells how well recordings of music and captions fit.", "licence": "Apache-2.0",
            "sampleRate": .integer(sampleRate), "network": .object(network.setting("model_type", to: .string(Self.modelType))),
            "fallback": true,
        ]
        return ["kind": ModelFile.Kind.audioTextEncoder.rawValue, "config": JSONValue.object(config).text]
    }

    /// About how many numbers the weights have; no less than half of them.
    var parameterCount: Int {
        let blocks = (fastBlocks + slowBlocks) * 2 * width * hiddenWidth
        let inner = 4 * text.width * text.width + 2 * text.width * text.feedForwardWidth
        return blocks + width * (5 * bands + 4 * width + 2 * dimension) + text.layers * inner + text.width * (text.vocabulary + dimension)
    }
}
