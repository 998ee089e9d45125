/// Turns stored samples into floats; integers of `n` bits are divided by 2^(n-1), unsigned ones after their middle is
/// taken away.
public struct PCMDecoder: Sendable {
    public let format: PCMFormat

    public init(_ format: PCMFormat) { self.format = format }

    /// - Parameters:
    ///   - bytes: `count` samples.
    ///   - samples: takes `count` floats.
    public func decode(_ bytes: UnsafeRawPointer, count: Int, into samples: UnsafeMutablePointer<Float>) {
        switch format {
        case .u8:
            for index in 0..<count { samples[index] = (Float(bytes.load(fromByteOffset: index, as: UInt8.self)) - 128) / 128 }
        case .s16le, .s16be:
            let swaps = format.isBigEndian
            for index in 0..<count {
                let value = bytes.loadUnaligned(fromByteOffset: 2 * index, as: Int16.self)
                samples[index] = Float(swaps ? value.byteSwapped : value) * 0x1p-15
            }
        case .s24le, .s24be:
            let (low, high) = format.isBigEndian ? (2, 0) : (0, 2)
            for index in 0..<count {
                func byte(_ place: Int) -> UInt32 { UInt32(bytes.load(fromByteOffset: 3 * index + place, as: UInt8.self)) }
                let value = Int32(bitPattern: byte(high) << 24 | byte(1) << 16 | byte(low) << 8)
                samples[index] = Float(value) * 0x1p-31
            }
        case .s32le, .s32be:
            let swaps = format.isBigEndian
            for index in 0..<count {
                let value = bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)
                samples[index] = Float(swaps ? value.byteSwapped : value) * 0x1p-31
            }
        case .f32le, .f32be:
            let swaps = format.isBigEndian
            for index in 0..<count {
                let bits = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                samples[index] = Float(bitPattern: swaps ? bits.byteSwapped : bits)
            }
        case .f64le, .f64be:
            let swaps = format.isBigEndian
            for index in 0..<count {
                let bits = bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                samples[index] = Float(Double(bitPattern: swaps ? bits.byteSwapped : bits))
            }
        }
    }
}
