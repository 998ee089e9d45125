import AudioDSP
import Foundation

/// Raw or WAV samples to standard output, a pipe or a file.
///
/// The length in a WAV header is "until the end"; in a file it is filled in when the stream is finished.
public final class PipeSink: FrameSink {
    public let name: String
    public let format: PCMFormat
    public let sampleRate: Int
    public let channels: Int

    private let descriptor: Int32
    private let header: WaveStreamHeader?
    private let isStopRequested: @Sendable () -> Bool
    private let isRegularFile: Bool
    /// Where the header stands in a file.
    private let start: off_t
    private var encoder: PCMEncoder
    private var buffer: UnsafeMutableRawBufferPointer
    private var hasBegun = false
    private var isClosed = false
    private var dataBytes = 0

    /// - Parameters:
    ///   - descriptor: stays the caller's. SIGPIPE must be ignored.
    ///   - header: writes WAV, else raw samples in `format`.
    ///   - blockFrames: the most frames of one write.
    ///   - isStopRequested: asked when the reader does not read; true gives up.
    public init(
        descriptor: Int32, name: String, format: PCMFormat, sampleRate: Int, channels: Int, header: WaveStreamHeader? = nil,
        blockFrames: Int = 1024, isStopRequested: @escaping @Sendable () -> Bool = { false }
    ) {
        (self.descriptor, self.name, self.sampleRate, self.channels) = (descriptor, name, sampleRate, channels)
        self.format = header == nil ? format : PCMFormat(format.encoding, isBigEndian: false) ?? format
        self.header = header.map { header in
            var own = header
            (own.encoding, own.channels, own.sampleRate) = (format.encoding, channels, sampleRate)
            if own.channels != header.channels { own.channelMask = nil }
            return own
        }
        self.isStopRequested = isStopRequested
        var status = stat()
        isRegularFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        start = lseek(descriptor, 0, SEEK_CUR)
        encoder = PCMEncoder(self.format, capacity: blockFrames * channels)
        buffer = .allocate(byteCount: blockFrames * channels * format.bytesPerSample, alignment: 16)
    }

    deinit { buffer.deallocate() }

    public func write(_ frames: UnsafePointer<Float>, count: Int) throws -> Bool {
        guard try begin() else { return false }
        let block = buffer.count / (channels * format.bytesPerSample)
        var done = 0
        while done < count {
            let part = min(block, count - done)
            let samples = UnsafeBufferPointer(start: frames + done * channels, count: part * channels)
            encoder.encode(samples, into: buffer.baseAddress!)
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(samples.count * format.bytesPerSample)])
            guard try send(bytes) else { return false }
            dataBytes += bytes.count
            done += part
        }
        return true
    }

    public func finish() throws {
        guard try begin(), let header, isRegularFile, start >= 0 else { return }
        if dataBytes % 2 == 1 { _ = try [UInt8(0)].withUnsafeBytes { try send($0) } }
        let bytes = header.bytes(dataLength: UInt64(dataBytes))
        guard pwrite(descriptor, bytes, bytes.count, start) == bytes.count else { throw failure() }
    }

    public func account(in report: inout StreamReport) { report.limitedSamples = encoder.limitedSamples }

    /// Writes the header once.
    private func begin() throws -> Bool {
        guard !isClosed else { return false }
        guard !hasBegun else { return true }
        hasBegun = true
        return try header.map { header in try header.bytes().withUnsafeBytes { try send($0) } } ?? true
    }

    /// - Returns: false when the reader is gone, or does not read and the stop is requested.
    private func send(_ bytes: UnsafeRawBufferPointer) throws -> Bool {
        var done = 0
        while done < bytes.count {
            // A pipe that is ready takes that much without blocking.
            let part = isRegularFile ? bytes.count - done : min(bytes.count - done, Int(PIPE_BUF))
            if !isRegularFile, !isReady(descriptor, for: POLLOUT) {
                if isStopRequested() { return close() }
                continue
            }
            let count = Foundation.write(descriptor, bytes.baseAddress! + done, part)
            if count >= 0 {
                done += count
            } else if errno == EPIPE || errno == ECONNRESET {
                return close()
            } else if errno != EINTR && errno != EAGAIN {
                throw failure()
            }
        }
        return true
    }

    private func close() -> Bool {
        isClosed = true
        return false
    }

    private func failure() -> LiveAudioError { .writeFailed(path: name, reason: String(cString: strerror(errno))) }
}
