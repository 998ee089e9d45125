/// The `fmt ` chunk of WAV, RF64 and Wave64 files.
extension SampleFormat {
    /// Reads the chunk's `size` bytes at `offset`.
    init(waveFormatAt offset: Int, size: Int, reader: HeaderReader, path: String) throws {
        func fail(_ reason: String) -> AudioFileError { .malformed(path: path, reason: reason) }
        guard size >= 16 else { throw fail("its fmt chunk has \(size) bytes and needs 16") }
        guard let formatTag = reader.u16(offset), let channels = reader.u16(offset + 2), let rate = reader.u32(offset + 4),
            let blockAlign = reader.u16(offset + 12), let bits = reader.u16(offset + 14)
        else { throw fail("the file ends inside the fmt chunk") }

        var tag = formatTag
        self.init(encoding: .integer16, isBigEndian: reader.isBigEndian, channels: channels, sampleRate: rate)
        if tag == 0xFFFE {
            guard size >= 40, let valid = reader.u16(offset + 18), let mask = reader.u32(offset + 20) else {
                throw fail("its extensible fmt chunk has \(size) bytes and needs 40")
            }
            guard let subformat = reader.u16(offset + 24), Self.isStandardSubformat(reader.source.bytes(at: offset + 26, count: 14), bigEndian: reader.isBigEndian)
            else { throw fail("unknown sub-format in WAVE_FORMAT_EXTENSIBLE") }
            tag = subformat
            isExtensible = true
            channelMask = UInt32(truncatingIfNeeded: mask)
            validBits = valid > 0 && valid <= bits ? valid : nil
        }
        guard channels > 0 else { throw AudioFileError.channelCount(path: path, channels: 0) }
        switch tag {
        case 1:
            encoding = try Self.linearEncoding(bits: bits, blockAlign: blockAlign, channels: channels, path: path)
            let container = encoding.integerBits ?? 0
            if validBits == nil { validBits = bits }
            if bits != container, !isExtensible {
                warnings.append("\(bits)-bit samples are read from \(container)-bit containers")
            }
        case 3:
            switch bits {
            case 32: encoding = .float32
            case 64: encoding = .float64
            default: throw fail("float samples of \(bits) bits; 32 or 64 are possible")
            }
        case 6: encoding = .aLaw
        case 7: encoding = .muLaw
        case 2, 0x11, 0x31:
            try setBlockCodec(tag: tag, blockAlign: blockAlign, at: offset, size: size, reader: reader, path: path)
        case 0x50, 0x55:
            throw AudioFileError.unsupported(path: path, format: "MPEG audio inside WAV")
        default:
            let name = Self.codecNames[tag].map { " (\($0))" } ?? ""
            throw AudioFileError.unsupported(path: path, format: "WAV with codec 0x\(String(tag, radix: 16))\(name)")
        }
        try check(path: path)
    }

    /// The container of a linear sample follows from the block alignment where that makes sense, else from the bits.
    private static func linearEncoding(bits: Int, blockAlign: Int, channels: Int, path: String) throws -> SampleEncoding {
        guard (1...32).contains(bits) else {
            throw AudioFileError.malformed(path: path, reason: "\(bits) bits per sample; 1 to 32 are possible")
        }
        var bytes = (bits + 7) / 8
        if blockAlign % channels == 0, (bytes...4).contains(blockAlign / channels) { bytes = blockAlign / channels }
        return [SampleEncoding.unsigned8, .integer16, .integer24, .integer32][bytes - 1]
    }

    private mutating func setBlockCodec(tag: Int, blockAlign: Int, at offset: Int, size: Int, reader: HeaderReader, path: String) throws {
        func fail(_ reason: String) -> AudioFileError { .malformed(path: path, reason: reason) }
        guard !reader.isBigEndian, !isExtensible, channels <= 2, size <= 256 else {
            throw AudioFileError.unsupported(path: path, format: "WAV with codec 0x\(String(tag, radix: 16)) in an unusual layout")
        }
        let perChannel = blockAlign / channels
        let frames: Int
        switch tag {
        case 2:
            encoding = .microsoftADPCM
            frames = (perChannel - 7) * 2 + 2
        case 0x11:
            encoding = .imaADPCM
            frames = (perChannel - 4) * 2 + 1
        default:
            encoding = .gsm610
            frames = 320
            guard channels == 1, blockAlign == 65 else { throw fail("GSM 6.10 needs 1 channel and blocks of 65 bytes") }
        }
        let stated = reader.u16(offset + 18)
        guard perChannel > 7, frames > 0, frames <= 1 << 16, size >= 20, stated == frames else {
            throw fail("\(encoding.rawValue) blocks of \(blockAlign) bytes do not hold \(stated ?? 0) frames")
        }
        if tag == 2 {
            guard let count = reader.u16(offset + 20), (7...32).contains(count), size >= 22 + 4 * count else {
                throw fail("the ADPCM coefficient table is incomplete")
            }
        }
        block = (blockAlign, frames)
        formatChunk = reader.source.bytes(at: offset, count: size)
    }

    /// Bytes 2 to 15 of the GUIDs whose first two bytes are a format tag; Ambisonic B-format has its own tail.
    private static func isStandardSubformat(_ tail: [UInt8], bigEndian: Bool) -> Bool {
        let standard: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        let bigEndianStandard: [UInt8] = [0, 0, 0, 0, 0, 0x10, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        let ambisonic: [UInt8] = [0, 0, 0x21, 0x07, 0xD3, 0x11, 0x86, 0x44, 0xC8, 0xC1, 0xCA, 0, 0, 0]
        return tail == standard || tail == ambisonic || (bigEndian && tail == bigEndianStandard)
    }

    private static let codecNames = [
        0x08: "DTS", 0x45: "G.726", 0x64: "G.726", 0x65: "G.722", 0x92: "AC-3 over S/PDIF", 0xFF: "AAC",
        0x160: "WMA 1", 0x161: "WMA 2", 0x162: "WMA Pro", 0x163: "WMA Lossless", 0x1610: "HE-AAC", 0x2000: "AC-3",
        0x2001: "DTS", 0x674F: "Vorbis", 0x6771: "Vorbis", 0xF1AC: "FLAC",
    ]
}
