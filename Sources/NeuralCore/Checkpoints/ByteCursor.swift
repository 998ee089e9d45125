/// Walks through bytes in memory. Every reading call answers nil where the bytes end early.
struct ByteCursor {
    let bytes: [UInt8]
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = min(max(0, position), bytes.count)
    }

    var remaining: Int { bytes.count - position }

    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    /// A little-endian whole number.
    mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type) -> T? {
        let size = T.bitWidth / 8
        guard let part = take(size) else { return nil }
        return part.reversed().reduce(0) { $0 << 8 | T($1) }
    }

    /// A little-endian count that the remaining bytes could hold.
    mutating func count<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type) -> Int? {
        guard let value = integer(type), value <= UInt64(remaining) else { return nil }
        return Int(value)
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// The bytes up to the next line feed, which is passed over.
    mutating func line() -> ArraySlice<UInt8>? {
        guard let end = bytes[position...].firstIndex(of: 0x0A) else { return nil }
        defer { position = end + 1 }
        return bytes[position..<end]
    }
}
