import Foundation

extension SafeTensorsFile {
    /// Writes tensors in the order given, under names that differ. The file appears whole or not at all.
    /// - Parameters:
    ///   - files: contents of other files, which follow as tensors of bytes.
    ///   - type: how each tensor is stored: float32, float16 or bfloat16, to which numbers are rounded.
    /// - Throws: `CheckpointError.notWritten` when the folder or the disk takes no more.
    public static func write(
        _ tensors: [(String, Tensor)], files: [(name: String, bytes: [UInt8])] = [], metadata: [String: String] = [:],
        to path: String, type: (String) -> StoredType = { _ in .float32 }
    ) throws {
        let entries = tensors.map { Entry(name: $0, type: type($0), shape: $1.shape) } + files.map(Entry.init)
        try write(entries, metadata: metadata, to: path) { index, file in
            guard index < tensors.count else { return try files[index - tensors.count].bytes.withUnsafeBytes { try file.write($0) } }
            try write(tensors[index].1, as: entries[index].type, to: file)
        }
    }

    /// Writes all tensors of a source, one in memory at a time, and behind them other files' contents as tensors of
    /// bytes. Halves stay halves, all other numbers become float32. The file appears whole or not at all.
    /// - Throws: `CheckpointError`.
    public static func write(
        _ source: some TensorSource, files: [(name: String, bytes: [UInt8])] = [], metadata: [String: String] = [:],
        to path: String
    ) throws {
        let names = source.names
        let entries = try names.map { name in
            let type = try source.dtype(name)
            return Entry(name: name, type: type.isHalf ? type : .float32, shape: try source.shape(name))
        } + files.map(Entry.init)
        try write(entries, metadata: metadata, to: path) { index, file in
            guard index < names.count else { return try files[index - names.count].bytes.withUnsafeBytes { try file.write($0) } }
            try write(source.tensor(names[index]), as: entries[index].type, to: file)
        }
    }

    private static func write(_ tensor: Tensor, as type: StoredType, to file: AtomicFile) throws {
        try tensor.withUnsafeBuffer { values in
            guard type != .float32 else { return try file.write(UnsafeRawBufferPointer(values)) }
            precondition(type.isHalf, "weights are not written as \(type.rawValue)")
            try values.map { type.half($0).littleEndian }.withUnsafeBytes { try file.write($0) }
        }
    }

    private struct Entry {
        var name: String
        var type: StoredType
        var shape: [Int]

        init(name: String, type: StoredType, shape: [Int]) { (self.name, self.type, self.shape) = (name, type, shape) }

        init(_ file: (name: String, bytes: [UInt8])) { self.init(name: file.name, type: .uint8, shape: [file.bytes.count]) }
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
