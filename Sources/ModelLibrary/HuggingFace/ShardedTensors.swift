import Foundation
import NeuralCore

/// Tensors spread over several files, with an index that says which is where.
///
/// Every tensor of the index must be in the shard that it names and in no other, no shard may hold more, and the sizes
/// must add up to what the index says.
public struct ShardedTensors: TensorSource {
    /// The index.
    public let path: String
    public let names: [String]
    /// The shards' paths, sorted.
    public let files: [String]
    private let shards: [String: any TensorSource]
    private let shardOf: [String: String]

    /// - Parameter path: `….index.json`, beside its shards.
    /// - Throws: ``ModelError/invalidIndex(path:reason:)``, and `CheckpointError` for shards that are not sound.
    public init(index path: String) throws {
        func fault(_ reason: String) -> ModelError { .invalidIndex(path: path, reason: reason) }
        guard let index = try RegularFile.json(path) else { throw CheckpointError.notFound(path: path) }
        guard let map = index["weight_map"].object, !map.keys.isEmpty else { throw fault("it has no \"weight_map\"") }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var shards: [String: any TensorSource] = [:], shardOf: [String: String] = [:]
        for name in map.keys {
            guard let file = map[name]?.string, Self.isPlain(file) else {
                throw fault("\(name.prefix(200)) is not in a file of the same folder")
            }
            shardOf[name] = file
            if shards[file] == nil {
                guard RegularFile.size(folder + "/" + file) != nil else { throw fault("the shard \(file) is missing") }
                shards[file] = try StateDictionary(path: folder + "/" + file).tensors
            }
        }
        for (file, shard) in shards {
            if let stray = shard.names.first(where: { shardOf[$0] != file }) {
                let home = shardOf[stray].map { "belongs in \($0)" } ?? "is not in the index"
                throw fault("\(file) holds \(stray), which \(home)")
            }
        }
        if let missing = map.keys.first(where: { shards[shardOf[$0]!]?.contains($0) != true }) {
            throw fault("\(missing) is not in \(shardOf[missing]!)")
        }
        if let size = index["metadata"]["total_size"].int, let stored = try Self.byteCount(of: shards.values), stored != size {
            throw fault("the shards hold \(stored) bytes of tensors, the index says \(size)")
        }
        files = shards.keys.sorted().map { folder + "/" + $0 }
        (self.path, names, self.shards, self.shardOf) = (path, map.keys, shards, shardOf)
    }

    public func contains(_ name: String) -> Bool { shardOf[name] != nil }
    public func shape(_ name: String) throws -> [Int] { try shard(of: name).shape(name) }
    public func tensor(_ name: String) throws -> Tensor { try shard(of: name).tensor(name) }
    public func dtype(_ name: String) throws -> StoredType { try shard(of: name).dtype(name) }

    private func shard(of name: String) throws -> any TensorSource {
        guard let file = shardOf[name], let shard = shards[file] else {
            throw CheckpointError.missingTensor(path: path, name: name, known: names.count)
        }
        return shard
    }

    /// A name that cannot lead out of the folder.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.contains("\\") && !name.contains("\0")
    }

    /// Bytes of all tensors, nil for files that do not say how they store them.
    private static func byteCount(of shards: some Sequence<any TensorSource>) throws -> Int? {
        var sum = 0
        for shard in shards {
            guard let file = shard as? SafeTensorsFile else { return nil }
            for name in file.names { sum += try file.shape(name).reduce(file.dtype(name).size, *) }
        }
        return sum
    }
}
