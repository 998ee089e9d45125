/// Turns samples in [-1, 1] into integers of `bits` bits, left-justified in 32, and counts those beyond full scale.
///
/// A sample x becomes x * 2^(bits-1) rounded to the nearest integer, halves to even, so integers that were read
/// from a file of that depth come back as they were. Values beyond the range saturate.
struct SampleQuantizer {
    let bits: Int
    /// Samples above 1 or below -1 so far.
    private(set) var limited = 0

    init(bits: Int) { self.bits = bits }

    mutating func quantize(_ samples: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Int32>) {
        let scale = Double(UInt64(1) << UInt64(bits - 1))
        let shift = Int32(32 - bits)
        // Adding and taking away 1.5 * 2^52 rounds to an integer, halves to even.
        let magic = 0x1.8p52
        var over = 0
        for index in samples.indices {
            let sample = samples[index]
            over &+= abs(sample) > 1 ? 1 : 0
            let rounded = (Double(max(-2, min(2, sample))) * scale + magic) - magic
            result[index] = Int32(max(-scale, min(scale - 1, rounded))) << shift
        }
        limited += over
    }
}
