import Foundation

/// A `.safetensors` file open for reading: named tensors and a dictionary of texts.
///
/// Opening checks the whole table of contents against the file's length and reads no weights;
/// they are read from the disk when asked for. The value may be used from several threads.
/// ```swift
/// let file = try SafeTensorsFile(path: "model.safetensors")
/// let weight = try file.tensor("all_modules.1.weight")
/// ```
public struct SafeTensorsFile: Sendable {
    /// The path given at opening.
    public let path: String
    private let source: CheckpointSource
    private let header: SafeTensorsHeader

    /// Opens and checks the file.
    /// - Throws: `CheckpointError` when it is absent, unreadable or not sound.
    public init(path: String) throws {
        self.path = path
        source = try CheckpointSource(path: path)
        do {
            let length = try SafeTensorsHeader.length(
                from: source.bytes(in: 0..<min(8, source.size)), fileSize: source.size)
            header = try SafeTensorsHeader(parsing: source.bytes(in: 8..<8 + length), fileSize: source.size)
        } catch let fault as SafeTensorsHeader.Fault {
            throw CheckpointError.damaged(path: path, reason: FileNature(of: source).foreignKind ?? fault.reason)
        }
    }

    /// The texts stored beside the tensors; a model keeps its settings there as JSON.
    public var metadata: [String: String] { header.metadata }

    /// The tensors' names in the order of the header.
    public var names: [String] { header.names }

    public func contains(_ name: String) -> Bool { header.entries[name] != nil }

    /// The extents of a tensor; a single number has none.
    public func shape(_ name: String) throws -> [Int] { try entry(name).shape }

    /// The type that a tensor has in the file.
    public func dtype(_ name: String) throws -> StoredType { try entry(name).type }

    /// A tensor of the file, rounded to `Float` from whatever type it has there.
    public func tensor(_ name: String) throws -> Tensor {
        let entry = try entry(name)
        return try Tensor(shape: entry.shape) { try read(entry, into: $0) }
    }

    /// The numbers of a tensor in row-major order, rounded to `Float` from whatever type the file has.
    public func floats(_ name: String) throws -> [Float] {
        let entry = try entry(name)
        return try [Float](unsafeUninitializedCapacity: entry.count) { buffer, count in
            try read(entry, into: UnsafeMutableBufferPointer(rebasing: buffer[..<entry.count]))
            count = entry.count
        }
    }

    /// The numbers of a tensor in row-major order in double precision.
    public func doubles(_ name: String) throws -> [Double] {
        let entry = try entry(name)
        var result: [Double] = []
        result.reserveCapacity(entry.count)
        try source.forEachChunk(of: entry.bytes) { chunk in
            for index in 0..<chunk.count / entry.type.size {
                result.append(entry.type.double(in: chunk, at: index))
            }
        }
        return result
    }

    /// The stored bytes of a tensor, as of another file that was put beside the weights.
    public func bytes(_ name: String) throws -> [UInt8] { try source.bytes(in: entry(name).bytes) }

    func entry(_ name: String) throws -> SafeTensorsEntry {
        guard let entry = header.entries[name] else {
            throw CheckpointError.missingTensor(path: path, name: name, known: names.count)
        }
        return entry
    }

    /// Fills `buffer`, which has as many elements as the entry, converting where the file is not float32.
    func read(_ entry: SafeTensorsEntry, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        if entry.type == .float32, UInt32(1).littleEndian == 1 {
            return try source.read(entry.bytes, into: UnsafeMutableRawBufferPointer(buffer))
        }
        var next = 0
        try source.forEachChunk(of: entry.bytes) { chunk in
            for index in 0..<chunk.count / entry.type.size {
                buffer[next] = entry.type.float(in: chunk, at: index)
                next += 1
            }
        }
    }
}
