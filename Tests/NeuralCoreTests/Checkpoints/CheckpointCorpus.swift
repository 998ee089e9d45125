import Foundation
import NeuralCore
import TestSupport

/// The files of `fixtures/checkpoints` and what its manifest expects of them.
struct CorpusFile: Sendable, CustomStringConvertible {
    let name: String
    let note: String
    /// Names of its tensors, nested ones joined by slashes; nil when it is not to be read.
    let tensors: [String]?
    /// Words of the refusal.
    let refusal: [String]
    /// A word of the failure to read its numbers, where only the description is sound.
    let unreadable: String?

    static let folder = Repository.fixtures.appendingPathComponent("checkpoints")

    var path: String { Self.folder.appendingPathComponent(name).path }
    var description: String { "\(name): \(note)" }
    var bytes: [UInt8] {
        get throws { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    }

    static let all: [CorpusFile] = {
        do {
            let data = try Data(contentsOf: folder.appendingPathComponent("manifest.json"))
            let entries = try JSONValue(parsing: [UInt8](data)).array ?? []
            guard !entries.isEmpty else { fatalError("The manifest of \(folder.path) is empty.") }
            return entries.map { entry in
                CorpusFile(
                    name: entry["file"].string ?? "", note: entry["note"].string ?? "",
                    tensors: entry["tensors"].strings, refusal: entry["refused"].strings ?? [],
                    unreadable: entry["unreadable"].string)
            }
        } catch {
            fatalError("The corpus in \(folder.path) cannot be read: \(error)")
        }
    }()

    static let readable = all.filter { $0.tensors != nil }
    static let refused = all.filter { $0.tensors == nil && $0.unreadable == nil }
    static let partlyReadable = all.filter { $0.unreadable != nil }

    /// The tensors' values, under the file's name and theirs.
    static let expected: SafeTensorsFile = {
        do {
            return try SafeTensorsFile(path: folder.appendingPathComponent("expected.safetensors").path)
        } catch {
            fatalError("\(error)")
        }
    }()
}
