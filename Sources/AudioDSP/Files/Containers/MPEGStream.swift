/// The frames of an MPEG audio file, walked from header to header without decoding.
///
/// The walk finds the span of whole frames, so that tags and a broken last frame never reach the decoder, and what
/// is missing at the end.
struct MPEGStream {
    /// Offset of the first frame.
    private(set) var start = 0
    /// Offset behind the last whole frame.
    private(set) var end = 0
    /// Frames of sound in the whole frames.
    private(set) var samples = 0
    /// Frames of sound the Xing or Info header states.
    private(set) var statedSamples: Int?
    /// Whether the file ends inside a frame.
    private(set) var endsInsideFrame = false
    /// Places where something other than a frame lies between frames.
    private(set) var gaps = 0

    private static let tags = ["TAG", "APETAGEX", "LYRICSBEGIN", "ID3", "3DI"]

    /// Whether sound is missing at the end.
    var isTruncated: Bool { endsInsideFrame || (statedSamples ?? 0) > samples }

    init?(_ source: ByteSource) {
        guard let length = source.length, let first = Self.firstFrame(in: source) else { return nil }
        let kind = first.frame.kind
        var reader = BufferedBytes(source)
        var position = first.offset
        start = position
        while position < length {
            guard let frame = MPEGFrame(reader[position..<position + 4]), frame.kind == kind else {
                let tag = Array(reader[position..<position + 11])
                if Self.tags.contains(where: { tag.starts(with: $0.utf8) }) { break }
                guard let next = Self.nextFrame(from: position + 1, kind: kind, in: &reader, length: length) else { break }
                gaps += 1
                position = next
                continue
            }
            guard position + frame.length <= length else {
                endsInsideFrame = true
                break
            }
            if position == start, let stated = Self.statedFrames(reader[position..<position + frame.length], frame: frame) {
                statedSamples = stated * frame.samples
            } else {
                samples += frame.samples
            }
            position += frame.length
            end = position
        }
        guard end > start else { return nil }
    }

    /// The first of two frames in a row, in the first 4 KB.
    static func firstFrame(in source: ByteSource) -> (offset: Int, frame: MPEGFrame)? {
        let bytes = source.bytes(at: 0, count: 4096)
        for offset in 0..<max(0, bytes.count - 3) where bytes[offset] == 0xFF {
            guard let frame = MPEGFrame(bytes[offset..<offset + 4]) else { continue }
            let second = source.bytes(at: offset + frame.length, count: 4)
            if MPEGFrame(second[...])?.kind == frame.kind { return (offset, frame) }
            if second.isEmpty, offset == 0, offset + frame.length == source.length { return (offset, frame) }
        }
        return nil
    }

    private static func nextFrame(from start: Int, kind: [UInt8], in reader: inout BufferedBytes, length: Int) -> Int? {
        var position = start
        while position + 4 <= length {
            let header = reader[position..<position + 4]
            if header.first == 0xFF, let frame = MPEGFrame(header), frame.kind == kind {
                let following = position + frame.length
                if following == length || MPEGFrame(reader[following..<following + 4])?.kind == kind { return position }
            }
            position += 1
        }
        return nil
    }

    private static func statedFrames(_ bytes: ArraySlice<UInt8>, frame: MPEGFrame) -> Int? {
        let header = Array(bytes.dropFirst(frame.xingOffset).prefix(12))
        guard header.count == 12, header.starts(with: "Xing".utf8) || header.starts(with: "Info".utf8) else { return nil }
        guard header[7] & 1 == 1 else { return 0 }
        return header[8...].reduce(0) { $0 << 8 | Int($1) }
    }
}

/// Bytes of a source through a window that follows the offsets asked for.
private struct BufferedBytes {
    private let source: ByteSource
    private var window: [UInt8] = []
    private var windowStart = 0

    init(_ source: ByteSource) { self.source = source }

    /// The bytes of `range` that exist.
    subscript(range: Range<Int>) -> ArraySlice<UInt8> {
        mutating get {
            if range.lowerBound < windowStart || range.upperBound > windowStart + window.count {
                windowStart = range.lowerBound
                window = source.bytes(at: windowStart, count: max(1 << 16, range.count))
            }
            let low = min(range.lowerBound - windowStart, window.count)
            return window[low..<min(range.upperBound - windowStart, window.count)]
        }
    }
}

/// The 4-byte header of an MPEG audio frame.
struct MPEGFrame {
    /// Bytes of the frame.
    let length: Int
    /// Frames of sound it decodes to.
    let samples: Int
    /// Where a Xing or Info header stands in the first frame.
    let xingOffset: Int
    /// Version, layer and sample rate: the same in all frames of a stream.
    let kind: [UInt8]

    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= 4 else { return nil }
        let header = Array(bytes.prefix(4))
        let version = Int(header[1] >> 3 & 3), layer = 4 - Int(header[1] >> 1 & 3)
        let rateIndex = Int(header[2] >> 4), frequencyIndex = Int(header[2] >> 2 & 3)
        guard header[0] == 0xFF, header[1] & 0xE0 == 0xE0, version != 1, layer != 4, (1...14).contains(rateIndex), frequencyIndex != 3
        else { return nil }
        let isFirst = version == 3
        let rates = isFirst ? Self.rates1[layer - 1] : Self.rates2[layer == 1 ? 0 : 1]
        let frequency = [44100, 48000, 32000][frequencyIndex] >> (isFirst ? 0 : version == 2 ? 1 : 2)
        let padding = Int(header[2] >> 1 & 1)
        let bitRate = rates[rateIndex - 1] * 1000
        length = layer == 1
            ? (12 * bitRate / frequency + padding) * 4
            : (layer == 3 && !isFirst ? 72 : 144) * bitRate / frequency + padding
        samples = layer == 1 ? 384 : layer == 3 && !isFirst ? 576 : 1152
        let isMono = header[3] >> 6 == 3
        xingOffset = 4 + (isFirst ? (isMono ? 17 : 32) : (isMono ? 9 : 17))
        kind = [header[1] & 0x1E, header[2] & 0x0C]
    }

    private static let rates1 = [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    ]
    private static let rates2 = [
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ]
}
