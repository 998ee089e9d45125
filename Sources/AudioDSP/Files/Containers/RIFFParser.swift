/// Walks the chunks of RIFF, RIFX, RF64 and BW64 files and believes no size before it has checked it.
///
/// Damage in front of the samples is refused by the name of the chunk; damage behind them costs a warning.
struct RIFFParser {
    private let source: ByteSource
    private let reader: HeaderReader
    private let isRF64: Bool
    private var format: SampleFormat?
    private var data: (offset: Int, claimed: UInt64?)?
    private var sizes64: (riff: UInt64, data: UInt64)?
    private var factFrames: Int?
    private var metadata = AudioFileMetadata()
    private var warnings: [String] = []

    private static let kept: Set<String> = ["bext", "iXML", "axml", "cart", "cue ", "smpl", "inst", "LIST"]
    private static let known: Set<String> = kept.union(["fmt ", "data", "fact", "PEAK", "JUNK", "junk", "ds64", "id3 ", "ID3 ", "_PMX", "PAD ", "chna"])

    static func parse(_ source: ByteSource) throws -> SampleLayout {
        var parser = RIFFParser(source)
        try parser.walk()
        return try parser.layout()
    }

    private init(_ source: ByteSource) {
        self.source = source
        let form = HeaderReader(source: source).identifier(0)
        reader = HeaderReader(source: source, isBigEndian: form == "RIFX")
        isRF64 = form == "RF64" || form == "BW64"
    }

    private mutating func walk() throws {
        var position = 12
        var count = 0
        let riffEnd = 8 + (reader.u32(4) ?? 0)
        while true {
            if data != nil, source.isPipe || position >= riffEnd && sizes64 == nil { return }
            guard let size32 = reader.u32(position + 4) else { return }
            let body = position + 8
            guard let identifier = reader.identifier(position) else {
                if data != nil {
                    warnings.append("the bytes behind the audio are no chunk and were ignored")
                    return
                }
                throw malformed("the bytes at \(position) are no chunk")
            }
            count += 1
            guard count <= AudioFileLimits.chunks else { throw malformed("more than \(AudioFileLimits.chunks) chunks") }

            var size = size32
            if identifier == "data" {
                guard let taken = try takeData(at: body, size32: size32) else { return }
                size = taken
            } else if let length = source.length, size32 > length - body {
                guard data != nil else {
                    throw AudioFileError.brokenChunk(path: source.name, chunk: name(identifier), claimed: UInt64(size32), present: UInt64(max(0, length - body)))
                }
                warnings.append("chunk \(name(identifier)) behind the audio claims \(size32) bytes, \(length - body) are there")
                return
            } else if source.isPipe, body + size32 > AudioFileLimits.streamHeaderBytes {
                throw AudioFileError.brokenChunk(path: source.name, chunk: name(identifier), claimed: UInt64(size32), present: 0)
            } else {
                try take(identifier, at: body, size: size32)
            }
            position = next(after: body + size, size: size)
        }
    }

    /// The chunk behind one that ends at `end`: an odd size is followed by a pad byte, which some writers forget.
    private func next(after end: Int, size: Int) -> Int {
        guard size % 2 == 1 else { return end }
        if let unpadded = reader.identifier(end), Self.known.contains(unpadded),
            !(reader.identifier(end + 1).map(Self.known.contains) ?? false) { return end }
        return end + 1
    }

    /// Notes the first data chunk and returns its size; nil when nothing can follow it.
    private mutating func takeData(at body: Int, size32: Int) throws -> Int? {
        if data != nil {
            warnings.append("a second data chunk was ignored")
            guard let length = source.length, size32 <= length - body else { return nil }
            return size32
        }
        var claimed: UInt64? = UInt64(size32)
        if size32 == Int(UInt32.max) {
            claimed = sizes64?.data
            if isRF64 && sizes64 == nil { warnings.append("the ds64 chunk is missing: read to the end of the file") }
        }
        if let size = claimed, let length = source.length, size > UInt64(max(0, length - body)), Self.isStreamMark(size) {
            warnings.append("the header's length of \(size) bytes is a placeholder: read to the end of the file")
            claimed = nil
        } else if source.isPipe, let size = claimed, Self.isStreamMark(size) {
            claimed = nil
        }
        data = (body, claimed)
        guard let size = claimed, size > 0 || looksLikeChunk(at: body), let length = source.length else { return nil }
        return size <= UInt64(max(0, length - body)) ? Int(size) : nil
    }

    /// Sizes that programs write to a pipe because they cannot come back to the header.
    private static func isStreamMark(_ size: UInt64) -> Bool {
        (0x7FFF_F000...0x8000_0100).contains(size) || (0xFFFF_FF00...0xFFFF_FFFF).contains(size)
    }

    private func looksLikeChunk(at offset: Int) -> Bool {
        guard let length = source.length, reader.identifier(offset) != nil, let size = reader.u32(offset + 4) else { return false }
        return size <= length - offset - 8
    }

    private mutating func take(_ identifier: String, at body: Int, size: Int) throws {
        switch identifier {
        case "fmt ":
            guard format == nil else { throw malformed("it has two fmt chunks") }
            format = try SampleFormat(waveFormatAt: body, size: size, reader: reader, path: source.name)
        case "ds64":
            guard size >= 24, let riff = reader.u64(body), let data = reader.u64(body + 8) else {
                throw malformed("its ds64 chunk has \(size) bytes and needs 24")
            }
            sizes64 = (riff, data)
        case "fact":
            factFrames = reader.u32(body)
        case "LIST":
            guard try checkList(at: body, size: size) else { return }
            fallthrough
        case _ where Self.kept.contains(identifier):
            keep(identifier, at: body, size: size)
        default:
            break
        }
    }

    /// Checks the chunks inside a LIST; false when it is damaged and lies behind the audio.
    private mutating func checkList(at body: Int, size: Int) throws -> Bool {
        let end = body + size
        guard size >= 4, let type = reader.identifier(body), type == "INFO" || type == "adtl" else { return true }
        var position = body + 4
        var count = 0
        while position + 8 <= end {
            guard let claimed = reader.u32(position + 4) else { break }
            let identifier = reader.identifier(position)
            count += 1
            guard identifier != nil, claimed <= end - position - 8, count <= AudioFileLimits.chunks else {
                if data != nil {
                    warnings.append("a LIST chunk behind the audio is damaged and was dropped")
                    metadata.dropped.append("LIST")
                    return false
                }
                throw AudioFileError.brokenChunk(
                    path: source.name, chunk: identifier.map(name) ?? "in LIST", claimed: UInt64(claimed), present: UInt64(end - position - 8))
            }
            position += 8 + claimed + claimed % 2
        }
        return true
    }

    private mutating func keep(_ identifier: String, at body: Int, size: Int) {
        let total = metadata.chunks.reduce(size) { $0 + $1.bytes.count }
        let isList = identifier == "LIST"
        let listType = isList ? reader.identifier(body) : nil
        guard !reader.isBigEndian, total <= AudioFileLimits.metadataChunkBytes, !isList || listType == "INFO" || listType == "adtl" else {
            metadata.dropped.append(name(identifier))
            return
        }
        let isTied = ["cue ", "smpl", "inst"].contains(identifier) || listType == "adtl"
        metadata.chunks.append(.init(identifier: identifier, bytes: source.bytes(at: body, count: size), isTiedToSampleRate: isTied))
    }

    private func layout() throws -> SampleLayout {
        guard var format else { throw malformed("it has no fmt chunk" + (data == nil ? "" : " in front of its data")) }
        guard let data else { throw malformed("it has no data chunk") }
        var layout = SampleLayout(container: isRF64 ? .rf64 : .wav, format: format, dataOffset: data.offset)
        layout.warnings = format.warnings + warnings
        format.warnings = []
        layout.format = format
        layout.metadata = metadata
        layout.metadata.sampleRate = format.sampleRate
        layout.resolveData(offset: data.offset, claimed: data.claimed, in: source) { looksLikeChunk(at: data.offset) }
        if format.block != nil { layout.statedFrames = factFrames }
        return layout
    }

    private func name(_ identifier: String) -> String {
        identifier.last == " " ? String(identifier.prefix { $0 != " " }) : identifier
    }

    private func malformed(_ reason: String) -> AudioFileError { .malformed(path: source.name, reason: reason) }
}
