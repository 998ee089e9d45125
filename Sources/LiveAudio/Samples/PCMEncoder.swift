import AudioDSP

/// Turns floats into stored samples: the inverse of ``PCMDecoder``. Integers are rounded to the nearest, halves to even,
/// and saturate.
public struct PCMEncoder {
    public let format: PCMFormat
    private var quantizer: SampleQuantizer?
    private var integers: [Int32]

    /// - Parameter capacity: the most samples of one call.
    public init(_ format: PCMFormat, capacity: Int) {
        self.format = format
        quantizer = format.encoding.integerBits.map(SampleQuantizer.init(bits:))
        integers = quantizer == nil ? [] : [Int32](repeating: 0, count: capacity)
    }

    /// Samples beyond full scale so far; floats have none.
    public var limitedSamples: Int { quantizer?.limited ?? 0 }

    /// - Parameters:
    ///   - samples: finite.
    ///   - bytes: takes `samples.count` times the format's bytes.
    public mutating func encode(_ samples: UnsafeBufferPointer<Float>, into bytes: UnsafeMutableRawPointer) {
        let swaps = format.isBigEndian
        switch format {
        case .f32le, .f32be:
            for (index, sample) in samples.enumerated() {
                let bits = sample.bitPattern
                bytes.storeBytes(of: swaps ? bits.byteSwapped : bits, toByteOffset: 4 * index, as: UInt32.self)
            }
        case .f64le, .f64be:
            for (index, sample) in samples.enumerated() {
                let bits = Double(sample).bitPattern
                bytes.storeBytes(of: swaps ? bits.byteSwapped : bits, toByteOffset: 8 * index, as: UInt64.self)
            }
        default:
            integers.withUnsafeMutableBufferPointer { integers in
                quantizer?.quantize(samples, into: UnsafeMutableBufferPointer(rebasing: integers[..<samples.count]))
                Self.store(UnsafeBufferPointer(rebasing: integers[..<samples.count]), as: format, into: bytes)
            }
        }
    }

    /// - Parameter integers: left-justified.
    private static func store(_ integers: UnsafeBufferPointer<Int32>, as format: PCMFormat, into bytes: UnsafeMutableRawPointer) {
        let swaps = format.isBigEndian
        switch format.bytesPerSample {
        case 1:
            for (index, value) in integers.enumerated() {
                bytes.storeBytes(of: UInt8(truncatingIfNeeded: (value >> 24) + 128), toByteOffset: index, as: UInt8.self)
            }
        case 2:
            for (index, value) in integers.enumerated() {
                let short = Int16(truncatingIfNeeded: value >> 16)
                bytes.storeBytes(of: swaps ? short.byteSwapped : short, toByteOffset: 2 * index, as: Int16.self)
            }
        case 3:
            let (low, high) = swaps ? (2, 0) : (0, 2)
            for (index, value) in integers.enumerated() {
                bytes.storeBytes(of: UInt8(truncatingIfNeeded: value >> 8), toByteOffset: 3 * index + low, as: UInt8.self)
                bytes.storeBytes(of: UInt8(truncatingIfNeeded: value >> 16), toByteOffset: 3 * index + 1, as: UInt8.self)
                bytes.storeBytes(of: UInt8(truncatingIfNeeded: value >> 24), toByteOffset: 3 * index + high, as: UInt8.self)
            }
        default:
            for (index, value) in integers.enumerated() {
                bytes.storeBytes(of: swaps ? value.byteSwapped : value, toByteOffset: 4 * index, as: Int32.self)
            }
        }
    }
}
