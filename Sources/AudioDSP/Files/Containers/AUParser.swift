/// Sun and NeXT `.au` files: a header of six numbers, in either byte order.
enum AUParser {
    static func parse(_ source: ByteSource) throws -> SampleLayout {
        let isBigEndian = HeaderReader(source: source).identifier(0) == ".snd"
        let reader = HeaderReader(source: source, isBigEndian: isBigEndian)
        guard let offset = reader.u32(4), let size = reader.u32(8), let code = reader.u32(12), let rate = reader.u32(16),
            let channels = reader.u32(20)
        else { throw AudioFileError.malformed(path: source.name, reason: "the file ends inside its header") }
        guard offset >= 24, offset <= AudioFileLimits.streamHeaderBytes, source.length.map({ offset <= $0 }) ?? true else {
            throw AudioFileError.malformed(path: source.name, reason: "its header claims \(offset) bytes")
        }
        let encodings: [Int: SampleEncoding] = [
            1: .muLaw, 2: .signed8, 3: .integer16, 4: .integer24, 5: .integer32, 6: .float32, 7: .float64, 27: .aLaw,
        ]
        guard let encoding = encodings[code] else {
            throw AudioFileError.unsupported(path: source.name, format: "AU with encoding \(code)")
        }
        let format = SampleFormat(encoding: encoding, isBigEndian: isBigEndian, channels: channels, sampleRate: rate)
        try format.check(path: source.name)
        var layout = SampleLayout(container: .au, format: format, dataOffset: offset)
        layout.resolveData(offset: offset, claimed: size == Int(UInt32.max) ? nil : UInt64(size), in: source)
        return layout
    }
}
