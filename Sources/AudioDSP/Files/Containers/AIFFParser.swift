import Foundation

/// AIFF and AIFF-C: big-endian chunks, the sample rate as an 80-bit float.
enum AIFFParser {
    static func parse(_ source: ByteSource) throws -> SampleLayout {
        let reader = HeaderReader(source: source, isBigEndian: true)
        func malformed(_ reason: String) -> AudioFileError { .malformed(path: source.name, reason: reason) }
        let isCompressed = reader.identifier(8) == "AIFC"
        let length = source.length ?? 0
        var common: (format: SampleFormat, frames: Int)?
        var data: (offset: Int, claimed: Int)?
        var dropped: [String] = []
        var position = 12
        for _ in 0..<AudioFileLimits.chunks {
            guard let size = reader.u32(position + 4) else { break }
            guard let identifier = reader.identifier(position) else {
                if data != nil && common != nil { break }
                throw malformed("the bytes at \(position) are no chunk")
            }
            let body = position + 8
            let present = max(0, length - body)
            switch identifier {
            case "COMM":
                guard common == nil else { throw malformed("it has two COMM chunks") }
                guard size <= present else {
                    throw AudioFileError.brokenChunk(path: source.name, chunk: identifier, claimed: UInt64(size), present: UInt64(present))
                }
                common = try commonChunk(at: body, size: size, isCompressed: isCompressed, reader: reader)
            case "SSND":
                guard data == nil else { break }
                guard size >= 8, let skip = reader.u32(body), skip <= size - 8 else {
                    throw malformed("its SSND chunk has \(size) bytes and cannot hold its offset")
                }
                data = (body + 8 + skip, size - 8 - skip)
            default:
                guard size <= present || (data != nil && common != nil) else {
                    throw AudioFileError.brokenChunk(path: source.name, chunk: identifier, claimed: UInt64(size), present: UInt64(present))
                }
                if ["NAME", "AUTH", "(c) ", "ANNO", "COMT", "MARK", "INST"].contains(identifier) { dropped.append(identifier) }
            }
            position = body + size + size % 2
            if position >= length { break }
        }
        guard let common else { throw malformed("it has no COMM chunk") }
        var layout = SampleLayout(container: .aiff, format: common.format, dataOffset: 0)
        layout.warnings = common.format.warnings
        layout.metadata.dropped = dropped
        guard let data else {
            guard common.frames == 0 else { throw malformed("it has no SSND chunk") }
            layout.dataLength = 0
            return layout
        }
        let bytesPerFrame = common.format.bytesPerFrame ?? 1
        let wanted = common.frames * bytesPerFrame
        layout.resolveData(offset: data.offset, claimed: UInt64(max(wanted, 0)), in: source, trailerFollows: { true })
        if wanted > data.claimed, data.claimed + data.offset <= length, data.claimed > 0 {
            layout.dataLength = data.claimed
            layout.claimedLength = UInt64(data.claimed)
            layout.warnings.append("COMM says \(common.frames) frames, SSND holds \(data.claimed / bytesPerFrame)")
        }
        return layout
    }

    private static func commonChunk(at body: Int, size: Int, isCompressed: Bool, reader: HeaderReader) throws -> (SampleFormat, Int) {
        let path = reader.source.name
        func malformed(_ reason: String) -> AudioFileError { .malformed(path: path, reason: reason) }
        guard size >= (isCompressed ? 22 : 18), let channels = reader.u16(body), let frames = reader.u32(body + 2),
            let bits = reader.u16(body + 6), let exponent = reader.u16(body + 8), let mantissa = reader.u64(body + 10)
        else { throw malformed("its COMM chunk has \(size) bytes and needs \(isCompressed ? 22 : 18)") }
        let rate = scalbn(Double(mantissa), exponent - 16383 - 63)
        guard exponent & 0x8000 == 0, rate.isFinite, rate < Double(Int32.max) else {
            throw AudioFileError.sampleRate(path: path, rate: "(no number)")
        }
        var format = SampleFormat(encoding: .integer16, isBigEndian: true, channels: channels, sampleRate: Int(rate.rounded()))
        let type = isCompressed ? String(decoding: reader.source.bytes(at: body + 18, count: 4), as: UTF8.self) : "NONE"
        switch type {
        case "NONE", "twos", "sowt", "in24", "in32", "42ni", "23ni":
            let width = ["in24": 24, "42ni": 24, "in32": 32, "23ni": 32][type] ?? bits
            guard (1...32).contains(width) else { throw malformed("\(width) bits per sample; 1 to 32 are possible") }
            format.encoding = [SampleEncoding.signed8, .integer16, .integer24, .integer32][(width + 7) / 8 - 1]
            format.isBigEndian = !["sowt", "42ni", "23ni"].contains(type)
            format.validBits = width
        case "raw ": format.encoding = .unsigned8
        case "fl32", "FL32": format.encoding = .float32
        case "fl64", "FL64": format.encoding = .float64
        case "ulaw", "ULAW": format.encoding = .muLaw
        case "alaw", "ALAW": format.encoding = .aLaw
        default: throw AudioFileError.unsupported(path: path, format: "AIFF-C with codec '\(type.filter { $0.isASCII && !$0.isNewline })'")
        }
        try format.check(path: path)
        return (format, frames)
    }
}
