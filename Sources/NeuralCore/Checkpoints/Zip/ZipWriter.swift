/// Writes a ZIP archive of stored entries, whose data begin at multiples of 64 bytes as PyTorch lays them.
struct ZipWriter {
    private let path: String
    private let file: AtomicFile
    private var offset = 0
    private var directory: [UInt8] = []
    private var count = 0

    init(path: String) throws {
        self.path = path
        file = try AtomicFile(path: path)
    }

    mutating func add(_ name: String, _ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try add(name, $0) } }

    mutating func add(_ name: String, _ data: UnsafeRawBufferPointer) throws {
        let nameBytes = Array(name.utf8), plain = offset + 30 + nameBytes.count + 4
        let padding = (64 - plain % 64) % 64
        guard plain + padding + data.count < Int(UInt32.max), count < 0xFFFE else {
            throw CheckpointError.notWritten(path: path, reason: "an archive of more than 4 GiB is not written")
        }
        let common = Self.little(UInt16(0)) + Self.little(UInt16(0)) + Self.little(UInt32(0x0021_0000))
            + Self.little(CRC32.checksum(of: data)) + Self.little(UInt32(data.count)) + Self.little(UInt32(data.count))
            + Self.little(UInt16(nameBytes.count))
        // A field of its own kind fills the gap.
        let extra = Self.little(UInt16(0x4246)) + Self.little(UInt16(padding)) + [UInt8](repeating: 0x5A, count: padding)
        let header = Self.little(UInt32(0x0403_4B50)) + Self.little(UInt16(20)) + common
            + Self.little(UInt16(extra.count)) + nameBytes + extra
        directory += Self.little(UInt32(0x0201_4B50)) + Self.little(UInt16(20)) + Self.little(UInt16(20)) + common
            + [UInt8](repeating: 0, count: 12) + Self.little(UInt32(offset)) + nameBytes
        try header.withUnsafeBytes { try file.write($0) }
        if !data.isEmpty { try file.write(data) }
        offset += header.count + data.count
        count += 1
    }

    /// Writes the directory and gives the file its name.
    mutating func finish() throws {
        guard offset + directory.count < Int(UInt32.max) else {
            throw CheckpointError.notWritten(path: path, reason: "an archive of more than 4 GiB is not written")
        }
        let end = Self.little(UInt32(0x0605_4B50)) + Self.little(UInt32(0)) + Self.little(UInt16(count))
            + Self.little(UInt16(count)) + Self.little(UInt32(directory.count)) + Self.little(UInt32(offset))
            + Self.little(UInt16(0))
        try (directory + end).withUnsafeBytes { try file.write($0) }
        try file.commit()
    }

    private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
