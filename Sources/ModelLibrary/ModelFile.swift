import Foundation
import NeuralCore

/// What a model file says about itself.
///
/// A model is a `.safetensors` file. Its metadata has `kind`, what it does, and `config`, all its settings as a JSON
/// object, among them `name`, `purpose`, `licence` and `defaultSteps`.
public struct ModelFile: Sendable {
    /// What a model is for.
    public enum Kind: String, Sendable {
        case enhancer = "speech-enhancer"
        case dereverberator = "speech-dereverberator"
        /// A model of the SGMSE family, imported.
        case published = "sgmse-speech-enhancer"
        /// Cleans speech while it arrives.
        case streamingEnhancer = "streaming-speech-enhancer"
        /// Lets one enrolled voice through.
        case extractor = "target-speech-extractor"
        /// Tells the voice in front from a noisy binaural recording.
        case enrollment = "voice-enrollment"
        /// Describes the voice in a clean recording.
        case speaker = "speaker-encoder"
        /// Makes music from a description.
        case music = "music-generator"
        /// Describes texts for models of music.
        case textEncoder = "text-encoder"
        /// Turns sound into codes and back.
        case codec = "audio-codec"
        /// Turns recordings into embeddings.
        case audioEncoder = "audio-encoder"
        /// Turns recordings and captions into embeddings of one space.
        case audioTextEncoder = "audio-text-encoder"
    }

    public let path: String
    public let file: SafeTensorsFile
    /// The raw `kind`; a newer version may know more than ``Kind`` does.
    public let kind: String
    /// All settings.
    public let settings: JSONValue

    /// Opens a file and checks that it is a model.
    ///
    /// - Throws: `CheckpointError` for absent or damaged files, ``ModelError`` for other tensors.
    public init(path: String) throws {
        self.path = path
        file = try SafeTensorsFile(path: path)
        guard let kind = file.metadata["kind"], let config = file.metadata["config"] else {
            throw ModelError.notAModel(path: path)
        }
        self.kind = kind
        do {
            settings = try JSONValue(parsing: config)
        } catch {
            throw ModelError.invalidSettings(path: path, reason: "they are no JSON object (\(error.localizedDescription))")
        }
        guard settings.object != nil else {
            throw ModelError.invalidSettings(path: path, reason: "they are no JSON object")
        }
    }

    /// The file's name without its extension: what `--model` takes.
    public var name: String { URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }
    /// What the model is for, in a sentence.
    public var purpose: String { settings["purpose"].string ?? "" }
    public var licence: String { settings["licence"].string ?? "" }
    /// Sampler steps it takes unless told otherwise.
    public var defaultSteps: Int? { settings["defaultSteps"].int }
    /// Whether it is taken when several models could be and none is named.
    public var isDefault: Bool { settings["default"].bool ?? false }
    /// Whether it is taken only where there is no other of its kind.
    public var isFallback: Bool { settings["fallback"].bool ?? false }
    /// In Hz.
    public var sampleRate: Int? { settings["sampleRate"].int }

    /// Names of tensors that are the bytes of other files, such as a tokeniser.
    public var attachedFiles: [String] {
        file.names.filter { $0.hasPrefix("tokenizer/") && (try? file.dtype($0)) == .uint8 }
    }

    /// Numbers in all tensors.
    public var parameterCount: Int {
        get throws {
            let attached = Set(attachedFiles)
            return try file.names.reduce(0) { try $0 + (attached.contains($1) ? 0 : file.shape($1).reduce(1, *)) }
        }
    }

    /// The file's size in bytes.
    public var byteCount: Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? Int) ?? 0
    }

    /// The SHA-256 of the file's bytes, as hexadecimal digits.
    public func contentHash() throws -> String { try HashMemory.standard.digest(ofFile: path) }

    /// - Throws: ``ModelError/wrongKind(path:kind:wanted:)`` unless the model does one of what is wanted.
    public func require(_ wanted: [Kind]) throws {
        guard wanted.contains(where: { $0.rawValue == kind }) else {
            throw ModelError.wrongKind(path: path, kind: kind, wanted: wanted.map(\.rawValue).joined(separator: " or "))
        }
    }
}
