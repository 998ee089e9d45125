/// Turns samples in [-1, 1] into integers of `bits` bits, left-justified in 32, and counts those beyond full scale.
///
/// A sample x becomes x * 2^(bits-1) rounded to the nearest integer, halves to even, so integers that were read
/// from a file of that depth come back as they were. Values beyond the range saturate.
public struct SampleQuantizer: Sendable {
    public let bits: Int
    /// Samples above 1 or below -1 so far.
    public private(set) var limited = 0

    public init(bits: Int) { self.bits = bits }

    /// `samples` must be finite.
    public mutating func quantize(_ samples: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Int32>) {
        if bits <= 16 { quantizeShort(samples, into: result) } else { quantizeLong(samples, into: result) }
        var over: Int32 = 0
        for sample in samples { over &+= abs(sample) > 1 ? 1 : 0 }
        limited += Int(over)
    }

    // Adding 1.5 * 2^(mantissa bits) rounds to an integer, halves to even, and leaves it in the lowest bits.

    private func quantizeShort(_ samples: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Int32>) {
        let scale = Float(1 << (bits - 1)), magic: Float = 0x1.8p23
        let offset = Int32(bitPattern: magic.bitPattern), shift = Int32(32 - bits)
        for index in samples.indices {
            let rounded = max(-scale, min(scale - 1, samples[index] * scale)) + magic
            result[index] = (Int32(bitPattern: rounded.bitPattern) &- offset) &<< shift
        }
    }

    private func quantizeLong(_ samples: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Int32>) {
        let scale = Double(1 << (bits - 1)), magic = 0x1.8p52
        let offset = Int64(bitPattern: magic.bitPattern), shift = Int32(32 - bits)
        for index in samples.indices {
            let rounded = max(-scale, min(scale - 1, Double(samples[index]) * scale)) + magic
            result[index] = Int32(truncatingIfNeeded: Int64(bitPattern: rounded.bitPattern) &- offset) &<< shift
        }
    }
}
