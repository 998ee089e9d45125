import LiveAudio
import Testing

@Suite struct PCMFormatTests {
    static let integers: [(PCMFormat, [UInt8], Float)] = [
        (.u8, [128], 0), (.u8, [0], -1), (.u8, [192], 0.5),
        (.s16le, [0, 0x40], 0.5), (.s16be, [0x40, 0], 0.5), (.s16le, [0, 0x80], -1),
        (.s24le, [0, 0, 0x40], 0.5), (.s24be, [0xC0, 0, 0], -0.5),
        (.s32le, [0, 0, 0, 0x40], 0.5), (.s32be, [0x80, 0, 0, 0], -1),
        (.f32le, [0, 0, 0, 0x3F], 0.5), (.f32be, [0x3F, 0, 0, 0], 0.5),
        (.f64le, [0, 0, 0, 0, 0, 0, 0xE0, 0x3F], 0.5), (.f64be, [0x3F, 0xE0, 0, 0, 0, 0, 0, 0], 0.5),
    ]

    @Test(arguments: integers) func knownSamples(_ format: PCMFormat, _ bytes: [UInt8], _ value: Float) {
        #expect(bytes.count == format.bytesPerSample)
        #expect(decode(bytes, format) == [value])
        #expect(encode([value], format).bytes == bytes)
    }

    @Test(arguments: PCMFormat.allCases) func everySampleComesBack(_ format: PCMFormat) {
        // Every byte pattern of the high bytes that is a plain sample.
        let values = (-128..<128).map { Float($0) / 128 }
        let stored = encode(values, format)
        #expect(stored.limited == 0)
        #expect(decode(stored.bytes, format) == values)
    }

    @Test func allShortsComeBack() {
        let all = (Int(Int16.min)...Int(Int16.max)).flatMap { value in [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)] }
        #expect(encode(decode(all, .s16le), .s16le).bytes == all)
    }

    @Test(arguments: [PCMFormat.u8, .s16le, .s24be, .s32le]) func integersSaturate(_ format: PCMFormat) {
        let result = encode([1.5, -7, 0], format)
        #expect(result.limited == 2)
        let back = decode(result.bytes, format)
        #expect(back[0] > 0.99 && back[0] <= 1 && back[1] == -1 && back[2] == 0)
    }

    private func decode(_ bytes: [UInt8], _ format: PCMFormat) -> [Float] {
        let count = bytes.count / format.bytesPerSample
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            bytes.withUnsafeBytes { PCMDecoder(format).decode($0.baseAddress!, count: count, into: buffer.baseAddress!) }
            initialized = count
        }
    }

    private func encode(_ samples: [Float], _ format: PCMFormat) -> (bytes: [UInt8], limited: Int) {
        var encoder = PCMEncoder(format, capacity: samples.count)
        var bytes = [UInt8](repeating: 0, count: samples.count * format.bytesPerSample)
        samples.withUnsafeBufferPointer { samples in
            bytes.withUnsafeMutableBytes { encoder.encode(samples, into: $0.baseAddress!) }
        }
        return (bytes, encoder.limitedSamples)
    }
}
