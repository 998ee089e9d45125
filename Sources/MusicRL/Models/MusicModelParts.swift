import Foundation
import ModelLibrary
import NeuralCore
import TextEncoding

/// Reads the parts of a MusicGen model out of its tensors and settings.
struct MusicModelParts {
    let path: String
    let tensors: any TensorSource
    let text: T5Configuration
    let configuration: MusicGenConfiguration
    private let settings: JSONValue

    static let codecPrefix = "audio_encoder."

    /// - Throws: ``MusicGenerationError/missingPart(path:part:)``, `ModelError` for settings that cannot be.
    init(settings: JSONValue, path: String, tensors: some TensorSource) throws {
        let reader = ConfigurationReader(settings: settings, path: path)
        (self.settings, self.path, self.tensors) = (settings, path, tensors)
        for (name, part) in [("text_encoder", "text encoder"), ("decoder", "decoder"), ("audio_encoder", "codec")] {
            guard settings[name].object != nil, tensors.names.contains(where: { $0.hasPrefix(name + ".") }) else {
                throw MusicGenerationError.missingPart(path: path, part: part)
            }
        }
        text = try T5Configuration(reader.part("text_encoder"))
        configuration = try MusicGenConfiguration(reader.part("decoder"))
    }

    func textEncoder() throws -> T5Encoder { try T5Encoder(text, weights: tensors, prefix: "text_encoder.") }

    /// From the text encoder's width to the decoder's; there is none where they are equal.
    func projection() throws -> Linear? {
        let name = "enc_to_dec_proj.weight", shape = [configuration.width, text.width]
        guard tensors.contains(name) else {
            guard text.width == configuration.width else {
                throw MusicGenerationError.missingPart(path: path, part: "projection of the text (enc_to_dec_proj)")
            }
            return nil
        }
        guard try tensors.shape(name) == shape, try tensors.shape("enc_to_dec_proj.bias") == [configuration.width] else {
            throw CheckpointError.mismatch(path: path, faults: ["\(name) is \(try tensors.shape(name)) instead of \(shape)"])
        }
        return Linear(weight: try tensors.tensor(name), bias: try tensors.tensor("enc_to_dec_proj.bias"))
    }

    /// - Parameter codebooks: How many it uses for encoding; nil for all.
    func codec(codebooks: Int? = nil) throws -> any AudioCodec {
        let codec = RenamedTensors(tensors) { name in
            name.hasPrefix(Self.codecPrefix) ? String(name.dropFirst(Self.codecPrefix.count)) : nil
        }
        return try CodecNetwork.codec(settings["audio_encoder"], weights: codec, path: path, codebooks: codebooks)
    }

    /// Whether the codec's codes are those that the decoder speaks of.
    func check(_ codec: any AudioCodec) throws {
        let count = configuration.codebooks / configuration.channels
        guard codec.bins == configuration.codes else {
            throw MusicGenerationError.partsDiffer(
                path: path, reason: "the decoder has \(configuration.codes) codes and the codec \(codec.bins)")
        }
        guard codec.channels == 1, codec.codebooks == count else {
            throw MusicGenerationError.partsDiffer(
                path: path,
                reason: "the decoder has \(count) codebooks a channel, the codec \(codec.codebooks) for \(codec.channels) channels")
        }
    }
}
