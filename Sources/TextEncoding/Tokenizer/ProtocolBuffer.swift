/// The fields of a message in the wire format of Protocol Buffers, one after the other.
struct ProtocolBuffer {
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)

        var bytes: ArraySlice<UInt8>? { if case .bytes(let bytes) = self { bytes } else { nil } }
        var int: Int? { if case .number(let number) = self { Int(truncatingIfNeeded: number) } else { nil } }
        var float: Float? {
            if case .number(let number) = self { Float(bitPattern: UInt32(truncatingIfNeeded: number)) } else { nil }
        }
    }

    /// The message breaks off or holds what the format does not know.
    struct Malformed: Error {}

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field, nil at the end.
    mutating func next() throws -> (field: Int, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let key = try variable()
        let value: Value = switch key & 7 {
        case 0: .number(try variable())
        case 1: .number(try fixed(8))
        case 2: .bytes(try take(variable()))
        case 5: .number(try fixed(4))
        default: throw Malformed()
        }
        return (Int(key >> 3), value)
    }

    private mutating func take(_ count: UInt64) throws -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw Malformed() }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private mutating func fixed(_ size: UInt64) throws -> UInt64 {
        try take(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func variable() throws -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw Malformed() }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
        }
        throw Malformed()
    }
}
