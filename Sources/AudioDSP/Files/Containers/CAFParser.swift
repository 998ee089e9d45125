/// Apple Core Audio Format: linear samples are located here; Apple Lossless is checked and left to libsndfile.
enum CAFParser {
    enum Result {
        case linear(SampleLayout)
        case appleLossless
    }

    static func parse(_ source: ByteSource) throws -> Result {
        let reader = HeaderReader(source: source, isBigEndian: true)
        func malformed(_ reason: String) -> AudioFileError { .malformed(path: source.name, reason: reason) }
        guard reader.u16(4) == 1 else { throw malformed("CAF version \(reader.u16(4) ?? 0)") }
        let length = source.length ?? 0
        var description: SampleFormat?
        var isLossless = false
        var position = 8
        for _ in 0..<AudioFileLimits.chunks {
            guard let size = reader.u64(position + 4), let identifier = reader.identifier(position) else {
                throw malformed(description == nil ? "it has no desc chunk" : "it has no data chunk")
            }
            let body = position + 12
            let present = UInt64(max(0, length - body))
            if identifier == "data" {
                guard let format = description else { throw malformed("it has no desc chunk in front of its data") }
                if isLossless {
                    guard size <= present || size == .max else {
                        throw AudioFileError.brokenChunk(path: source.name, chunk: identifier, claimed: size, present: present)
                    }
                    return .appleLossless
                }
                guard size >= 4 else { throw malformed("its data chunk has \(size) bytes and needs 4") }
                var layout = SampleLayout(container: .caf, format: format, dataOffset: body + 4)
                layout.resolveData(offset: body + 4, claimed: size == .max ? nil : size - 4, in: source, trailerFollows: { true })
                return .linear(layout)
            }
            guard size <= present else {
                throw AudioFileError.brokenChunk(path: source.name, chunk: identifier, claimed: size, present: present)
            }
            if identifier == "desc" {
                guard description == nil else { throw malformed("it has two desc chunks") }
                (description, isLossless) = try descriptionChunk(at: body, size: Int(size), reader: reader)
            }
            position = body + Int(size)
        }
        throw malformed("more than \(AudioFileLimits.chunks) chunks")
    }

    private static func descriptionChunk(at body: Int, size: Int, reader: HeaderReader) throws -> (SampleFormat, Bool) {
        let path = reader.source.name
        guard size >= 32, let rateBits = reader.u64(body), let flags = reader.u32(body + 12), let channels = reader.u32(body + 24),
            let bits = reader.u32(body + 28)
        else { throw AudioFileError.malformed(path: path, reason: "its desc chunk has \(size) bytes and needs 32") }
        let rate = Double(bitPattern: rateBits)
        guard rate.isFinite, rate >= 0, rate < Double(Int32.max) else {
            throw AudioFileError.sampleRate(path: path, rate: "\(rate)")
        }
        let type = String(decoding: reader.source.bytes(at: body + 8, count: 4), as: UTF8.self)
        var format = SampleFormat(encoding: .integer16, isBigEndian: flags & 2 == 0, channels: channels, sampleRate: Int(rate.rounded()))
        switch (type, flags & 1, bits) {
        case ("lpcm", 1, 32): format.encoding = .float32
        case ("lpcm", 1, 64): format.encoding = .float64
        case ("lpcm", 0, 8): format.encoding = .signed8
        case ("lpcm", 0, 16): format.encoding = .integer16
        case ("lpcm", 0, 24): format.encoding = .integer24
        case ("lpcm", 0, 32): format.encoding = .integer32
        case ("ulaw", _, _): format.encoding = .muLaw
        case ("alaw", _, _): format.encoding = .aLaw
        case ("alac", _, _): format.encoding = .alac
        case ("lpcm", _, _): throw AudioFileError.malformed(path: path, reason: "\(bits)-bit linear samples")
        default: throw AudioFileError.unsupported(path: path, format: "CAF with codec '\(type.filter { $0.isASCII && !$0.isNewline })'")
        }
        try format.check(path: path)
        return (format, format.encoding == .alac)
    }
}
