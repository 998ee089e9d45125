/// A ZIP archive of stored entries, open for reading.
struct ZipArchive: Sendable {
    let source: CheckpointSource
    private let entries: [String: ZipEntry]
    /// The entries' names in the directory's order.
    let names: [String]

    init(_ source: CheckpointSource) throws {
        self.source = source
        let list = try ZipDirectory.entries(of: source)
        names = list.map(\.name)
        entries = Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) })
    }

    /// An entry that is stored as it is; nil when there is none of that name.
    func storedEntry(_ name: String) throws -> ZipEntry? {
        guard let entry = entries[name] else { return nil }
        guard entry.method == 0 else {
            throw CheckpointFault.damaged(
                "its entry \(name.prefix(80)) is compressed, which torch.save never does; save it again with torch.save")
        }
        return entry
    }

    /// The bytes of a small entry, its checksum checked.
    func contents(of entry: ZipEntry, atMost limit: Int) throws -> [UInt8] {
        guard entry.data.count <= limit else {
            throw CheckpointFault.damaged("its entry \(entry.name.prefix(80)) has \(entry.data.count) bytes, more than \(limit)")
        }
        let bytes = try source.bytes(in: entry.data)
        try check(bytes.withUnsafeBytes(CRC32.checksum), of: entry)
        return bytes
    }

    /// Reads the entry once, in pieces, to check it.
    func verify(_ entry: ZipEntry) throws {
        var crc = CRC32()
        try source.forEachChunk(of: entry.data) { crc.update($0) }
        try check(crc.value, of: entry)
    }

    private func check(_ checksum: UInt32, of entry: ZipEntry) throws {
        guard checksum == entry.checksum else {
            throw CheckpointFault.damaged("its entry \(entry.name.prefix(80)) does not match its checksum; fetch it again")
        }
    }
}
