import Foundation

extension SafeTensorsFile {
    /// Writes tensors as float32 in the order given, under names that differ. The file appears whole or not at all.
    /// - Throws: `CheckpointError.notWritten` when the folder or the disk takes no more.
    public static func write(_ tensors: [(String, Tensor)], metadata: [String: String] = [:], to path: String) throws {
        let entries = tensors.map { Entry(name: $0, type: .float32, shape: $1.shape) }
        try write(entries, metadata: metadata, to: path) { index, file in
            try tensors[index].1.withUnsafeBuffer { try file.write(UnsafeRawBufferPointer($0)) }
        }
    }

    /// Writes all tensors of a source as float32, one in memory at a time, and behind them other files' contents as
    /// tensors of bytes. The file appears whole or not at all.
    /// - Throws: `CheckpointError`.
    public static func write(
        _ source: some TensorSource, files: [(name: String, bytes: [UInt8])] = [], metadata: [String: String] = [:],
        to path: String
    ) throws {
        let names = source.names
        let entries = try names.map { Entry(name: $0, type: .float32, shape: try source.shape($0)) }
            + files.map { Entry(name: $0.name, type: .uint8, shape: [$0.bytes.count]) }
        try write(entries, metadata: metadata, to: path) { index, file in
            guard index < names.count else { return try files[index - names.count].bytes.withUnsafeBytes { try file.write($0) } }
            try source.tensor(names[index]).withUnsafeBuffer { try file.write(UnsafeRawBufferPointer($0)) }
        }
    }

    private struct Entry {
        var name: String
        var type: StoredType
        var shape: [Int]
    }

    private static func write(
        _ entries: [Entry], metadata: [String: String], to path: String, body: (Int, AtomicFile) throws -> Void
    ) throws {
        let file = try AtomicFile(path: path)
        let header = headerBytes(of: entries, metadata: metadata)
        try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
        try header.withUnsafeBytes { try file.write($0) }
        for index in entries.indices { try body(index, file) }
        try file.commit()
    }

    /// JSON padded with blanks so that the data starts at a multiple of eight bytes.
    private static func headerBytes(of entries: [Entry], metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(JSONValue.quoted($0.key)):\(JSONValue.quoted($0.value))" }
            members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var offset = 0
        var seen: Set<String> = ["__metadata__"]
        for entry in entries {
            precondition(seen.insert(entry.name).inserted, "\(entry.name) is written twice")
            let end = offset + entry.shape.reduce(entry.type.size, *)
            let shape = entry.shape.map(String.init).joined(separator: ",")
            let type = JSONValue.quoted(entry.type.rawValue)
            members.append(
                "\(JSONValue.quoted(entry.name)):{\"dtype\":\(type),\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var bytes = Array("{\(members.joined(separator: ","))}".utf8)
        bytes.append(contentsOf: repeatElement(0x20, count: (8 - bytes.count % 8) % 8))
        return bytes
    }
}
