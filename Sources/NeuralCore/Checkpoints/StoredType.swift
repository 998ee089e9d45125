/// How the numbers of a tensor are stored in a file; the raw values are the codes of `.safetensors`.
public enum StoredType: String, Sendable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint8 = "U8"
    case bool = "BOOL"

    /// Bytes of one number.
    public var size: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16, .int16: 2
        case .int8, .uint8, .bool: 1
        }
    }
}

extension StoredType {
    func float(in bytes: UnsafeRawBufferPointer, at index: Int) -> Float {
        switch self {
        case .float16: widenHalf(load(UInt16.self, bytes, index))
        case .bfloat16: Float(bitPattern: UInt32(load(UInt16.self, bytes, index)) << 16)
        case .int64: Float(load(Int64.self, bytes, index))
        case .int32: Float(load(Int32.self, bytes, index))
        default: Float(double(in: bytes, at: index))
        }
    }

    func double(in bytes: UnsafeRawBufferPointer, at index: Int) -> Double {
        switch self {
        case .float64: Double(bitPattern: load(UInt64.self, bytes, index))
        case .float32: Double(Float(bitPattern: load(UInt32.self, bytes, index)))
        case .float16, .bfloat16: Double(float(in: bytes, at: index))
        case .int64: Double(load(Int64.self, bytes, index))
        case .int32: Double(load(Int32.self, bytes, index))
        case .int16: Double(load(Int16.self, bytes, index))
        case .int8: Double(load(Int8.self, bytes, index))
        case .uint8: Double(load(UInt8.self, bytes, index))
        case .bool: load(UInt8.self, bytes, index) == 0 ? 0 : 1
        }
    }

    private func load<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type, _ bytes: UnsafeRawBufferPointer, _ index: Int
    ) -> T {
        T(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: T.self))
    }
}

extension StoredType {
    /// Whether numbers are floating-point and take two bytes.
    public var isHalf: Bool { self == .float16 || self == .bfloat16 }

    /// The nearest number of two bytes, ties to even. NaN stays NaN.
    func half(_ value: Float) -> UInt16 {
        guard self == .bfloat16 else { return Float16(value).bitPattern }
        let bits = value.bitPattern
        guard !value.isNaN else { return UInt16(bits >> 16) | 0x40 }
        return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    }
}

/// IEEE binary16 to binary32, exactly.
func widenHalf(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits) & 0x3FF
    switch exponent {
    case 0:
        let magnitude = Float(fraction) * 0x1p-24
        return sign == 0 ? magnitude : -magnitude
    case 31:
        return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default:
        return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
}
