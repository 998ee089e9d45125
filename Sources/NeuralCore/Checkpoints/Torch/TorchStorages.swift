import Synchronization

/// Where the storages of one checkpoint lie in its file.
final class TorchStorages: Sendable {
    enum Place: Sendable {
        /// A whole entry of an archive, with a checksum.
        case entry(ZipEntry)
        case bytes(Range<Int>)
    }

    let source: CheckpointSource
    private let archive: ZipArchive?
    private let places: [String: Place]
    private let isBigEndian: Bool
    private let verified = Mutex<Set<String>>([])

    init(source: CheckpointSource, archive: ZipArchive? = nil, places: [String: Place], isBigEndian: Bool = false) {
        (self.source, self.archive, self.places, self.isBigEndian) = (source, archive, places, isBigEndian)
    }

    /// Shows the numbers of a tensor in row-major order, in pieces.
    ///
    /// - Parameter body: takes the type, the bytes of consecutive numbers and how many there are.
    /// - Throws: `CheckpointFault` for types that are not read, missing storages and wrong checksums.
    func read(_ tensor: TorchTensor, _ body: (StoredType, UnsafeRawBufferPointer, Int) -> Void) throws {
        guard let type = tensor.storage.type else {
            throw CheckpointFault.damaged("a tensor of shape \(tensor.shape) is of the type \(tensor.storage.typeName), which is not read")
        }
        guard tensor.count > 0 else { return }
        let span = tensor.span
        let place = try place(of: tensor.storage, type)
        let bytes = place.lowerBound + span.lowerBound * type.size..<place.lowerBound + span.upperBound * type.size
        if tensor.isContiguous {
            try source.forEachChunk(of: bytes) { chunk in
                let count = chunk.count / type.size
                if isBigEndian, type.size > 1 {
                    Self.swapped(Array(chunk), type.size).withUnsafeBytes { body(type, $0, count) }
                } else {
                    body(type, chunk, count)
                }
            }
        } else {
            var whole = try source.bytes(in: bytes)
            if isBigEndian { whole = Self.swapped(whole, type.size) }
            let gathered = Self.gather(whole, tensor, size: type.size)
            gathered.withUnsafeBytes { body(type, $0, tensor.count) }
        }
    }

    /// The storage's bytes in the file, its checksum checked once.
    private func place(of storage: TorchStorage, _ type: StoredType) throws -> Range<Int> {
        guard let place = places[storage.key] else {
            throw CheckpointFault.damaged("its storage \(storage.key.prefix(40)) is missing")
        }
        let range: Range<Int>
        switch place {
        case .bytes(let bytes): range = bytes
        case .entry(let entry):
            range = entry.data
            if let archive, !verified.withLock({ $0.contains(storage.key) }) {
                try archive.verify(entry)
                verified.withLock { _ = $0.insert(storage.key) }
            }
        }
        guard range.count >= storage.count * type.size else {
            throw CheckpointFault.damaged("its storage \(storage.key.prefix(40)) is too short")
        }
        return range
    }

    private static func swapped(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
        var result = bytes
        for start in stride(from: 0, to: bytes.count - size + 1, by: size) { result[start..<start + size].reverse() }
        return result
    }

    /// The elements of a view in row-major order; `span` holds the numbers from its first to its last.
    private static func gather(_ span: [UInt8], _ tensor: TorchTensor, size: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(tensor.count * size)
        var index = [Int](repeating: 0, count: tensor.shape.count), position = 0
        for _ in 0..<tensor.count {
            result.append(contentsOf: span[position * size..<(position + 1) * size])
            for axis in tensor.shape.indices.reversed() {
                index[axis] += 1
                position += tensor.strides[axis]
                if index[axis] < tensor.shape[axis] { break }
                position -= index[axis] * tensor.strides[axis]
                index[axis] = 0
            }
        }
        return result
    }
}
