import Foundation
import NeuralCore

/// A folder of reference numbers: `config.json`, `io.json`, `io.safetensors` and, where there is a network,
/// `model.safetensors`; or `values.json` and `data.safetensors`.
///
/// Sets live in `fixtures/reference` and in the folders that `AUDIOTOOL_REFERENCE` names (separated by colons).
public struct Fixture: Sendable, CustomStringConvertible {
    public let folder: URL
    /// The set's path under the reference folder, with the folder's name when it is not the package's own.
    public let description: String
    /// The settings; `.null` when the set has none.
    public let config: JSONValue
    /// Notes and scalar values; `.null` when the set has none.
    public let io: JSONValue
    /// Expected values; `.null` when the set has none.
    public let values: JSONValue
    private let tensors: SafeTensorsFile?

    /// The set called `name`, or all sets below that folder, of every reference folder. Ends the run when there
    /// is none, so that a test over the list cannot pass without running.
    public static func all(in name: String) -> [Fixture] {
        let sets = referenceFolders.flatMap { root in
            folders(below: root.appendingPathComponent(name)).map { folder in
                Result { try Fixture(folder: folder, root: root) }
            }
        }
        guard !sets.isEmpty else { fatalError("There is no reference set \(name).") }
        do {
            return try sets.map { try $0.get() }
        } catch {
            fatalError("A reference set of \(name) cannot be read: \(error)")
        }
    }

    public init(folder: URL, root: URL) throws {
        self.folder = folder
        let own = Self.referenceFolders[0]
        let path = folder.path.dropFirst(root.path.count + 1)
        description = root == own ? String(path) : "\(path) of \(root.lastPathComponent)"
        config = try Self.json(folder.appendingPathComponent("config.json"))
        io = try Self.json(folder.appendingPathComponent("io.json"))
        values = try Self.json(folder.appendingPathComponent("values.json"))
        let data = ["io.safetensors", "data.safetensors"].map { folder.appendingPathComponent($0).path }
        tensors = try data.first { FileManager.default.fileExists(atPath: $0) }.map { try SafeTensorsFile(path: $0) }
    }

    /// The names of the tensors.
    public var names: [String] { tensors?.names ?? [] }

    public func hasTensor(_ name: String) -> Bool { tensors?.contains(name) ?? false }

    public func tensor(_ name: String) throws -> Tensor { try file().tensor(name) }

    public func floats(_ name: String) throws -> [Float] { try file().floats(name) }

    public func doubles(_ name: String) throws -> [Double] { try file().doubles(name) }

    public func shape(_ name: String) throws -> [Int] { try file().shape(name) }

    /// The network's weights.
    public var weights: SafeTensorsFile {
        get throws { try SafeTensorsFile(path: path(of: "model.safetensors")) }
    }

    /// Another file of the set.
    public func path(of name: String) -> String { folder.appendingPathComponent(name).path }

    func file() throws -> SafeTensorsFile {
        guard let tensors else { throw CheckpointError.notFound(path: path(of: "io.safetensors")) }
        return tensors
    }

    /// `fixtures/reference` and the folders of `AUDIOTOOL_REFERENCE`.
    public static let referenceFolders: [URL] = {
        let others = ProcessInfo.processInfo.environment["AUDIOTOOL_REFERENCE"] ?? ""
        return [Repository.fixtures.appendingPathComponent("reference").standardizedFileURL]
            + others.split(separator: ":").map { URL(fileURLWithPath: String($0)).standardizedFileURL }
    }()

    private static func folders(below folder: URL) -> [URL] {
        let manager = FileManager.default
        let isSet = ["config.json", "io.json", "io.safetensors", "values.json"].contains {
            manager.fileExists(atPath: folder.appendingPathComponent($0).path)
        }
        if isSet { return [folder.standardizedFileURL] }
        let children = (try? manager.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return children.sorted { $0.path < $1.path }.flatMap { folders(below: $0) }
    }

    private static func json(_ url: URL) throws -> JSONValue {
        guard FileManager.default.fileExists(atPath: url.path) else { return .null }
        var options = JSONOptions()
        options.allowsNonFinite = true
        options.maximumValues = .max
        return try JSONValue(parsing: [UInt8](Data(contentsOf: url)), options: options)
    }
}
