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
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var offset = 0
        var seen: Set<String> = ["__metadata__"]
        for (name, tensor) in tensors {
            precondition(seen.insert(name).inserted, "\(name) is written twice")
            let end = offset + 4 * tensor.count
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var bytes = Array("{\(members.joined(separator: ","))}".utf8)
        bytes.append(contentsOf: repeatElement(0x20, count: (8 - bytes.count % 8) % 8))
        return bytes
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
