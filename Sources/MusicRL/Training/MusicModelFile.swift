import Foundation
import ModelLibrary
import NeuralCore
import TextEncoding

/// What a model file of music holds beside the networks that were trained: the codec and the tokeniser.
struct MusicModelFile: Sendable {
    let codec: any AudioCodec
    let decoder: MusicGenConfiguration
    let metadata: [String: String]
    private let codecFile: ModelFile
    private let tokenizer: [UInt8]
    private let isHalf: Bool

    /// - Parameter tokenizer: the contents of a `tokenizer.json`.
    init(_ settings: MusicTrainingConfiguration, codec file: ModelFile, tokenizer: [UInt8]) throws {
        let codec = try file.audioCodec()
        (self.codec, codecFile, self.tokenizer) = (codec, file, tokenizer)
        decoder = settings.model.decoderConfiguration(codec)
        isHalf = settings.model.storage == "bfloat16"
        let window = settings.excerpts.seconds
        let parts: JSONObject = [
            "model_type": "musicgen", "text_encoder": .object(settings.model.textConfiguration.settings),
            "decoder": .object(decoder.settings), "audio_encoder": file.settings["network"],
        ]
        let config: JSONObject = [
            "name": .string(settings.model.name), "purpose": "Makes music from a description.", "licence": .string(file.licence),
            "sampleRate": .integer(Int(codec.sampleRate)), "weights": "trained here", "musicgen": .object(parts),
            "generation": ["window": .number(window), "stride": .number(window * 5 / 8)],
        ]
        metadata = ["kind": ModelFile.Kind.music.rawValue, "config": JSONValue.object(config).text]
    }

    func write(_ network: MusicNetwork, metadata: [String: String], to path: String) throws {
        let prefix = MusicModelParts.codecPrefix
        let codecTensors = try codecFile.file.names.map { (prefix + $0, try codecFile.file.tensor($0)) }
        let tensors = network.namedParameters() + codecTensors
        // Vectors are few, and entries of codebooks decide which codes are chosen.
        let exact = Set(tensors.filter { $0.1.rank < 2 || $0.0.hasPrefix(prefix + "quantizer.") }.map(\.0))
        try SafeTensorsFile.write(
            tensors, files: [("tokenizer/tokenizer.json", tokenizer)], metadata: metadata, to: path,
            type: { isHalf && !exact.contains($0) ? .bfloat16 : .float32 })
    }
}
