/// Builds the header of an AIFF file, or of AIFF-C for floating-point samples.
struct AIFFHeader: SampleHeader {
    var encoding: SampleEncoding
    var channels: Int
    var sampleRate: Int

    var capacity: UInt64 { UInt64(UInt32.max) - UInt64(bytes(dataLength: 0).count) }

    func bytes(dataLength: UInt64?) -> [UInt8] {
        let length = dataLength ?? 0
        let sampleBytes = encoding.bytesPerSample ?? 2
        let isCompressed = encoding.isFloatingPoint
        let common = isCompressed ? 24 : 18
        let formLength = 4 + (isCompressed ? 12 : 0) + 8 + common + 16
        var out: [UInt8] = []
        out += Array("FORM".utf8) + big(UInt64(formLength) + length + length % 2, 4)
        out += Array((isCompressed ? "AIFC" : "AIFF").utf8)
        if isCompressed { out += Array("FVER".utf8) + big(4, 4) + big(0xA280_5140, 4) }
        out += Array("COMM".utf8) + big(UInt64(common), 4)
        out += big(UInt64(channels), 2) + big(length / UInt64(sampleBytes * channels), 4) + big(UInt64(sampleBytes * 8), 2)
        out += extendedRate
        if isCompressed { out += Array((encoding == .float32 ? "fl32" : "fl64").utf8) + [0, 0] }
        out += Array("SSND".utf8) + big(8 + length, 4) + big(0, 4) + big(0, 4)
        return out
    }

    /// The rate as an 80-bit float: exponent, then a mantissa with its leading one.
    private var extendedRate: [UInt8] {
        let rate = UInt64(max(1, sampleRate))
        let shift = rate.leadingZeroBitCount
        return big(UInt64(16_383 + 63 - shift), 2) + big(rate << UInt64(shift), 8)
    }

    private func big(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
}
