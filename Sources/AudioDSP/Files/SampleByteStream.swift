import Foundation

/// The bytes of the samples of an uncompressed stream, handed out as they come: standard input, a pipe or a file, raw
/// or WAV.
///
/// Only the header is waited for; after it ``read(into:)`` returns as soon as anything is there. A length of 0, of
/// 4 GB - 1 or another placeholder in the header of a pipe means "until the end".
public final class SampleByteStream {
    /// What messages call it.
    public let name: String
    /// What the header says; nil where the stream does not begin with one.
    public let header: WaveStreamHeader?
    /// The format that the first four bytes name, where that is one which is not read as it comes, such as FLAC.
    public let foreignFormat: String?
    /// For `poll`.
    public var descriptor: Int32 { source.descriptor }

    private let source: ByteSource
    /// Bytes that were taken to recognise the format.
    private var pending: ArraySlice<UInt8>
    /// Bytes of samples still to come, where their number is known.
    private var remaining: UInt64?
    private var isAtStart = true

    /// - Parameter path: "-" is standard input.
    /// - Throws: ``AudioFileError`` for files that cannot be opened, damaged headers and WAV with a codec.
    public init(path: String) throws {
        source = try ByteSource(path: path)
        name = source.name
        let reader = HeaderReader(source: source)
        foreignFormat = FileSignature.formatOtherThanWave(ofFirstFour: source.bytes(at: 0, count: 4))
        let isWave = ["RIFF", "RIFX", "RF64", "BW64"].contains(reader.identifier(0) ?? "") && reader.identifier(8) == "WAVE"
        guard isWave else {
            header = nil
            pending = source.handOver(from: 0)[...]
            source.forgetHeader()
            return
        }
        let layout = try RIFFParser.parse(source)
        header = try WaveStreamHeader(layout.format, path: name)
        remaining = layout.dataLength.map(UInt64.init) ?? layout.claimedLength
        pending = source.handOver(from: layout.dataOffset)[...]
        source.forgetHeader()
    }

    /// Whether the stream ended before its first bytes, which were looked for to recognise the format.
    public var isEmpty: Bool { header == nil && isAtStart && (source.length ?? pending.count) == 0 }

    /// Whether ``read(into:)`` gives something without asking the system.
    public var hasPending: Bool { !pending.isEmpty || remaining == 0 }

    /// Takes what is there, waiting only while that is nothing.
    ///
    /// - Returns: the number of bytes; 0 at the end, and at the end of the WAV stream's data.
    /// - Throws: ``AudioFileError/readFailed(path:reason:)``.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let wanted = Int(min(UInt64(buffer.count), remaining ?? .max))
        guard wanted > 0, let base = buffer.baseAddress else { return 0 }
        isAtStart = false
        var count: Int
        if pending.isEmpty {
            repeat { count = Foundation.read(source.descriptor, base, wanted) } while count < 0 && errno == EINTR
            guard count >= 0 else { throw AudioFileError.readFailed(path: name, reason: systemReason()) }
        } else {
            count = min(wanted, pending.count)
            buffer.copyBytes(from: pending.prefix(count))
            pending.removeFirst(count)
        }
        if let left = remaining { remaining = left - UInt64(count) }
        return count
    }
}

/// The header of a WAV stream, without its length.
public struct WaveStreamHeader: Sendable, Equatable {
    /// Linear or floating-point samples.
    public var encoding: SampleEncoding
    public var isBigEndian = false
    public var channels: Int
    /// In Hz.
    public var sampleRate: Int
    public var isExtensible = false
    public var channelMask: UInt32?

    /// - Parameter encoding: linear or floating-point samples.
    public init(_ encoding: SampleEncoding, channels: Int, sampleRate: Int) {
        (self.encoding, self.channels, self.sampleRate) = (encoding, channels, sampleRate)
    }

    /// - Throws: ``AudioFileError/unsupported(path:format:)`` for codecs.
    init(_ format: SampleFormat, path: String) throws {
        guard format.encoding.integerBits != nil || format.encoding.isFloatingPoint else {
            throw AudioFileError.unsupported(path: path, format: "a stream of \(format.encoding.rawValue)")
        }
        (encoding, isBigEndian, channels) = (format.encoding, format.isBigEndian, format.channels)
        (sampleRate, isExtensible, channelMask) = (format.sampleRate, format.isExtensible, format.channelMask)
    }

    /// The bytes in front of the samples, which are little-endian; their number does not depend on the length.
    ///
    /// - Parameter dataLength: bytes of samples; nil for "until the end", written as 4 GB - 1.
    public func bytes(dataLength: UInt64? = nil) -> [UInt8] {
        let header = WaveHeader(
            encoding: encoding, channels: channels, sampleRate: sampleRate, isExtensible: isExtensible,
            channelMask: channelMask, metadata: [], reservesSizes64: false)
        return header.bytes(dataLength: dataLength.flatMap { $0 <= header.capacity ? $0 : nil })
    }
}
