import Foundation
import NeuralCore

/// A model's folder as the libraries of Hugging Face write it: `config.json`, the weights in one file or in shards with
/// an index, and what belongs to them, such as a tokeniser.
///
/// ```swift
/// let folder = try HuggingFaceFolder(path: "clap-htsat-unfused")
/// folder.modelType                                        // "clap"
/// folder.config["text_config"]["hidden_size"].int         // 768
/// let weight = try folder.tensors.tensor("audio_projection.linear1.weight")
/// let vocabulary = try folder.json("vocab.json")          // nil where there is none
/// ```
///
/// Opening reads the settings and the tables of contents, and no weights. The value may be used from several threads.
public struct HuggingFaceFolder: Sendable {
    public let path: String
    /// `config.json`.
    public let config: JSONValue
    /// All weights, whatever files they are in.
    public let tensors: any TensorSource
    /// The files that the weights are in, sorted.
    public let weightFiles: [String]

    /// Whether there is a folder with a `config.json` at `path`.
    public static func isOne(_ path: String) -> Bool { RegularFile.size(path + "/config.json") != nil }

    /// - Throws: ``ModelError`` for folders without settings or weights and for an index that does not fit its shards,
    ///   `CheckpointError` for files of weights that are not sound.
    public init(path: String) throws {
        self.path = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CheckpointError.notFound(path: path)
        }
        guard isFolder.boolValue else { throw ModelError.invalidFolder(path: path, reason: "it is a file") }
        guard let config = try RegularFile.json(path + "/config.json") else {
            throw ModelError.invalidFolder(path: path, reason: "it has no config.json")
        }
        guard config.object != nil else {
            throw ModelError.invalidSettings(path: path + "/config.json", reason: "they are no JSON object")
        }
        self.config = config
        (tensors, weightFiles) = try Self.weights(in: path)
    }

    /// What kind of network it is, such as `clap` or `musicgen`.
    public var modelType: String? { config["model_type"].string }

    /// Another file's path, nil where there is no such file.
    public func file(_ name: String) -> String? { RegularFile.size(path + "/" + name) == nil ? nil : path + "/" + name }

    /// Another file as JSON, nil where there is no such file.
    public func json(_ name: String) throws -> JSONValue? { try RegularFile.json(path + "/" + name) }

    /// Another file as lines or other text, nil where there is no such file.
    public func text(_ name: String) throws -> String? {
        guard let bytes = try RegularFile.bytes(path + "/" + name) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ModelError.invalidFolder(path: path, reason: "\(name) is no UTF-8 text")
        }
        return text
    }

    /// The licence that the folder's card (`README.md`) names, with a remark where it forbids commercial use; nil where it
    /// names none.
    public var licence: String? {
        guard let card = try? text("README.md") else { return nil }
        let lines = card.split(separator: "\n", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else { return nil }
        let line = lines[..<end].first { $0.hasPrefix("license:") }
        let name = line?.dropFirst("license:".count).trimmingCharacters(in: CharacterSet(charactersIn: " \"'")) ?? ""
        guard !name.isEmpty else { return nil }
        return name.prefix(200) + (name.lowercased().contains("-nc") ? ": not for commercial use" : "")
    }

    /// The forms in the order in which they are preferred; where both are there, they hold the same.
    private static func weights(in folder: String) throws -> (any TensorSource, files: [String]) {
        for name in ["model.safetensors", "pytorch_model.bin"] {
            let file = folder + "/" + name, index = file + ".index.json"
            if RegularFile.size(file) != nil { return (try StateDictionary(path: file).tensors, [file]) }
            guard RegularFile.size(index) != nil else { continue }
            let tensors = try ShardedTensors(index: index)
            return (tensors, tensors.files)
        }
        throw ModelError.invalidFolder(
            path: folder, reason: "it has neither model.safetensors nor pytorch_model.bin, nor an index of shards of either")
    }
}

/// Small files of a folder that nobody has vouched for.
enum RegularFile {
    /// Tokenisers of a quarter of a million pieces have 20 MB.
    static let maximumSize = 64 << 20

    /// The length in bytes, links followed; nil where there is no regular file.
    static func size(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    static func bytes(_ path: String) throws -> [UInt8]? {
        guard let size = size(path) else { return nil }
        guard size <= maximumSize else {
            throw CheckpointError.unreadable(
                path: path, reason: "it has \(size) bytes, and at most \(maximumSize) are accepted")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CheckpointError.unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        return [UInt8](data)
    }

    static func json(_ path: String) throws -> JSONValue? {
        guard let bytes = try bytes(path) else { return nil }
        var options = JSONOptions()
        options.allowsNonFinite = true
        options.maximumValues = 4_000_000
        do {
            return try JSONValue(parsing: bytes, options: options)
        } catch {
            throw CheckpointError.unreadable(path: path, reason: "it is not valid JSON (\(error))")
        }
    }
}
