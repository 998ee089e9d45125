/// Builds the header of a WAV file: RIFF, or RF64 when the samples pass 4 GB.
///
/// The header keeps its size when the length becomes known, so it can be written first and patched at the end.
struct WaveHeader: SampleHeader {
    var encoding: SampleEncoding
    var channels: Int
    var sampleRate: Int
    var isExtensible: Bool
    var channelMask: UInt32?
    var metadata: [AudioFileMetadata.Chunk]
    /// Keeps room for the 64-bit sizes of RF64.
    var reservesSizes64: Bool

    var capacity: UInt64 { reservesSizes64 ? .max : UInt64(UInt32.max) - UInt64(bytes(dataLength: 0).count) }

    func bytes(dataLength: UInt64?) -> [UInt8] {
        let bytesPerFrame = UInt64(channels * (encoding.bytesPerSample ?? 1))
        let extra = metadata.reduce(0) { $0 + 8 + UInt64($1.bytes.count + $1.bytes.count % 2) }
        let fixed = 4 + (reservesSizes64 ? 36 : 0) + 8 + UInt64(formatSize) + (needsFact ? 12 : 0) + extra + 8
        let riffLength = dataLength.map { fixed + $0 + $0 % 2 }
        let is64 = reservesSizes64 && (riffLength ?? 0) > UInt64(UInt32.max)
        let unknown = UInt64(UInt32.max)

        var out = LittleEndianBytes()
        out.text(is64 ? "RF64" : "RIFF")
        out.u32(is64 ? unknown : riffLength ?? unknown)
        out.text("WAVE")
        if reservesSizes64 {
            out.text(is64 ? "ds64" : "JUNK")
            out.u32(28)
            out.u64(is64 ? riffLength ?? 0 : 0)
            out.u64(is64 ? dataLength ?? 0 : 0)
            out.u64(is64 ? (dataLength ?? 0) / bytesPerFrame : 0)
            out.u32(0)
        }
        writeFormat(to: &out, bytesPerFrame: bytesPerFrame)
        if needsFact {
            out.text("fact")
            out.u32(4)
            out.u32(min(unknown, dataLength.map { $0 / bytesPerFrame } ?? unknown))
        }
        for chunk in metadata {
            out.text(chunk.identifier)
            out.u32(UInt64(chunk.bytes.count))
            out.bytes += chunk.bytes
            if chunk.bytes.count % 2 == 1 { out.bytes.append(0) }
        }
        out.text("data")
        out.u32(is64 ? unknown : dataLength ?? unknown)
        return out.bytes
    }

    /// The shortest header around a `fmt ` chunk that is already there, for block codecs.
    static func minimal(formatChunk: [UInt8], frames: Int, dataLength: Int) -> [UInt8] {
        var out = LittleEndianBytes()
        out.text("RIFF")
        out.u32(UInt64(4 + 8 + formatChunk.count + formatChunk.count % 2 + 12 + 8 + dataLength))
        out.text("WAVEfmt ")
        out.u32(UInt64(formatChunk.count))
        out.bytes += formatChunk
        if formatChunk.count % 2 == 1 { out.bytes.append(0) }
        out.text("fact")
        out.u32(4)
        out.u32(UInt64(frames))
        out.text("data")
        out.u32(UInt64(dataLength))
        return out.bytes
    }

    private var formatTag: UInt64 {
        switch encoding {
        case .float32, .float64: 3
        case .aLaw: 6
        case .muLaw: 7
        default: 1
        }
    }
    private var formatSize: Int { isExtensible ? 40 : formatTag == 1 ? 16 : 18 }
    private var needsFact: Bool { formatTag != 1 }

    private func writeFormat(to out: inout LittleEndianBytes, bytesPerFrame: UInt64) {
        let bits = UInt64((encoding.bytesPerSample ?? 1) * 8)
        out.text("fmt ")
        out.u32(UInt64(formatSize))
        out.u16(isExtensible ? 0xFFFE : formatTag)
        out.u16(UInt64(channels))
        out.u32(UInt64(sampleRate))
        out.u32(min(UInt64(UInt32.max), UInt64(sampleRate) * bytesPerFrame))
        out.u16(min(bytesPerFrame, 0xFFFF))
        out.u16(bits)
        if isExtensible {
            out.u16(22)
            out.u16(bits)
            out.u32(UInt64(channelMask ?? 0))
            out.u16(formatTag)
            out.bytes += [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        } else if formatTag != 1 {
            out.u16(0)
        }
    }
}

/// Collects little-endian numbers.
struct LittleEndianBytes {
    var bytes: [UInt8] = []

    mutating func text(_ text: String) { bytes += Array(text.utf8) }
    mutating func u16(_ value: UInt64) { append(value, 2) }
    mutating func u32(_ value: UInt64) { append(value, 4) }
    mutating func u64(_ value: UInt64) { append(value, 8) }

    private mutating func append(_ value: UInt64, _ count: Int) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }
}
