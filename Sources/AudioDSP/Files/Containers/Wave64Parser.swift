/// Sony Wave64: RIFF with 16-byte identifiers, 64-bit sizes that include the header, and 8-byte alignment.
enum Wave64Parser {
    /// What follows the four letters of a chunk's identifier; the file's own has another tail.
    private static let chunkTail: [UInt8] = [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A]
    private static let riffTail: [UInt8] = [0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0x00, 0x00]

    static func recognises(_ start: [UInt8]) -> Bool {
        start.count >= 16 && Array(start[0..<4]) == Array("riff".utf8) && Array(start[4..<16]) == riffTail
    }

    static func parse(_ source: ByteSource) throws -> SampleLayout {
        let reader = HeaderReader(source: source)
        func malformed(_ reason: String) -> AudioFileError { .malformed(path: source.name, reason: reason) }
        let length = source.length ?? 0
        var format: SampleFormat?
        var position = 40
        for _ in 0..<AudioFileLimits.chunks {
            guard let size = reader.u64(position + 16), let identifier = reader.identifier(position),
                source.bytes(at: position + 4, count: 12) == chunkTail
            else { throw malformed(format == nil ? "it has no fmt chunk" : "it has no data chunk") }
            let body = position + 24
            let present = UInt64(max(0, length - body))
            guard size >= 24 else { throw malformed("its \(identifier) chunk has a size of \(size)") }
            if identifier == "data" {
                guard let format else { throw malformed("it has no fmt chunk in front of its data") }
                var layout = SampleLayout(container: .wave64, format: format, dataOffset: body)
                layout.warnings = format.warnings
                layout.resolveData(offset: body, claimed: size == .max ? nil : size - 24, in: source, trailerFollows: { true })
                return layout
            }
            guard size - 24 <= present else {
                throw AudioFileError.brokenChunk(path: source.name, chunk: identifier, claimed: size - 24, present: present)
            }
            if identifier == "fmt " {
                guard format == nil else { throw malformed("it has two fmt chunks") }
                format = try SampleFormat(waveFormatAt: body, size: Int(size) - 24, reader: reader, path: source.name)
            }
            position += (Int(size) + 7) & ~7
        }
        throw malformed("more than \(AudioFileLimits.chunks) chunks")
    }
}
