import AudioDSP
import Foundation

/// Raw or WAV samples from standard input, a pipe or a file.
public final class PipeSource: FrameSource {
    public let format: PCMFormat
    public let sampleRate: Int
    public let channels: Int
    /// Of a WAV stream.
    public let header: WaveStreamHeader?

    private let stream: SampleByteStream
    private let decoder: PCMDecoder
    private var check = PlausibilityCheck()
    private var buffer: UnsafeMutableRawBufferPointer
    /// Bytes of an incomplete frame at the start of the buffer.
    private var held = 0
    private var trailingBytes = 0

    /// What a stream without a header consists of.
    public struct RawLayout: Sendable {
        public var format: PCMFormat
        /// In Hz.
        public var sampleRate: Int
        public var channels: Int

        public init(format: PCMFormat, sampleRate: Int, channels: Int) {
            (self.format, self.sampleRate, self.channels) = (format, sampleRate, channels)
        }
    }

    /// - Parameters:
    ///   - stream: where the bytes come from. Its header, if it has one, decides.
    ///   - raw: what they are where there is no header.
    ///   - blockFrames: the most frames of one read.
    /// - Throws: ``LiveAudioError/formatNeeded(stream:)``, ``LiveAudioError/foreignFormat(stream:format:)``,
    ///   ``LiveAudioError/emptyStream(stream:)``.
    public init(_ stream: SampleByteStream, raw: RawLayout?, blockFrames: Int = 1024) throws {
        if let format = stream.foreignFormat { throw LiveAudioError.foreignFormat(stream: stream.name, format: format) }
        self.stream = stream
        header = stream.header
        if let header {
            guard let format = PCMFormat(header.encoding, isBigEndian: header.isBigEndian) else {
                throw LiveAudioError.formatNeeded(stream: stream.name)
            }
            (self.format, sampleRate, channels) = (format, header.sampleRate, header.channels)
        } else if let raw {
            (format, sampleRate, channels) = (raw.format, raw.sampleRate, raw.channels)
        } else {
            throw stream.isEmpty ? LiveAudioError.emptyStream(stream: stream.name) : .formatNeeded(stream: stream.name)
        }
        decoder = PCMDecoder(format)
        buffer = .allocate(byteCount: blockFrames * channels * format.bytesPerSample, alignment: 16)
    }

    deinit { buffer.deallocate() }

    public var name: String { stream.name }

    public func read(into frames: UnsafeMutablePointer<Float>, capacity: Int) throws -> FrameArrival {
        let frameBytes = channels * format.bytesPerSample
        let room = min(buffer.count, capacity * frameBytes)
        guard stream.hasPending || isReady(stream.descriptor, for: POLLIN) else { return .nothingYet }
        let count = try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[held..<room]))
        guard count > 0 else {
            trailingBytes = held
            return .end
        }
        let whole = (held + count) / frameBytes
        decoder.decode(buffer.baseAddress!, count: whole * channels, into: frames)
        held += count - whole * frameBytes
        if held > 0, whole > 0 { buffer.baseAddress!.copyMemory(from: buffer.baseAddress! + whole * frameBytes, byteCount: held) }
        if format.isFloatingPoint, !check.accepts(UnsafeBufferPointer(start: frames, count: whole * channels)) {
            throw LiveAudioError.implausibleSamples(stream: name, value: check.example ?? .nan, format: format)
        }
        return whole > 0 ? .frames(whole) : .nothingYet
    }

    public func account(in report: inout StreamReport) { report.trailingBytes = trailingBytes }
}

/// Waits for a descriptor, a tenth of a second at most. An end or an error counts as ready.
func isReady(_ descriptor: Int32, for events: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return poll(&request, 1, 100) > 0
}
