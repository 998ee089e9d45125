import Foundation

extension SafeTensorsFile {
    /// Writes tensors as float32 in the order given, under names that differ. The file appears whole or not at all.
    /// - Throws: `CheckpointError.notWritten` when the folder or the disk takes no more.
    public static func write(_ tensors: [(String, Tensor)], metadata: [String: String] = [:], to path: String) throws {
        let file = try AtomicFile(path: path)
        let header = headerBytes(of: tensors, metadata: metadata)
        try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
        try header.withUnsafeBytes { try file.write($0) }
        for (_, tensor) in tensors {
            try tensor.withUnsafeBuffer { try file.write(UnsafeRawBufferPointer($0)) }
        }
        try file.commit()
    }

    /// JSON padded with blanks so that the data starts at a multiple of eight bytes.
    private static func headerBytes(of tensors: [(String, Tensor)], metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(JSONValue.quoted($0.key)):\(JSONValue.quoted($0.value))" }
            members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var offset = 0
        var seen: Set<String> = ["__metadata__"]
        for (name, tensor) in tensors {
            precondition(seen.insert(name).inserted, "\(name) is written twice")
            let end = offset + 4 * tensor.count
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(JSONValue.quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var bytes = Array("{\(members.joined(separator: ","))}".utf8)
        bytes.append(contentsOf: repeatElement(0x20, count: (8 - bytes.count % 8) % 8))
        return bytes
    }
}
