import CSndfile
import Foundation

/// What was written.
public struct WriteReport: Sendable {
    public var path: String
    public var frames: Int
    public var byteCount: Int
    /// Samples beyond full scale that an integer or lossy format had to limit.
    public var limitedSamples: Int
    /// Metadata of the input that the output does not carry.
    public var droppedMetadata: [String]
}

/// Writes an audio file block by block; the file appears under its name when it is complete.
///
/// ```swift
/// let writer = try AudioFileWriter(path: "out.flac", format: .matching(outputPath: "out.flac"), sampleRate: 16_000, channels: 1)
/// try writer.write(block)
/// let report = try writer.finish()
/// ```
/// Until ``finish()`` the bytes go to a hidden file in the same folder, which ``cancel()``, an error or the writer's
/// end removes. "-" streams WAV to standard output. Not `Sendable`: one writer belongs to one thread at a time.
public final class AudioFileWriter {
    public let format: AudioFileFormat
    public let sampleRate: Int
    public let channels: Int

    private let sink: FileSink
    private var encoder: any SampleSink
    private var interleaved: [Float] = []
    private var frames = 0
    private var limited = 0
    private var isOpen = true

    /// Checks the format's limits, then opens the output.
    ///
    /// - Parameter expectedFrames: the length, if it is known; a WAV file that is sure to stay under 4 GB then has no
    ///   room for 64-bit sizes in its header.
    /// - Throws: ``AudioFileError`` when the format cannot hold the sound or the place cannot be written.
    public init(path: String, format: AudioFileFormat, sampleRate: Int, channels: Int, expectedFrames: Int? = nil) throws {
        try format.check(path: path == "-" ? "standard output" : path, sampleRate: sampleRate, channels: channels)
        self.format = format
        self.sampleRate = sampleRate
        self.channels = channels
        sink = try FileSink(path: path)
        encoder = try Self.encoder(sink, format: format, sampleRate: sampleRate, channels: channels, expectedFrames: expectedFrames)
    }

    private static func encoder(
        _ sink: FileSink, format: AudioFileFormat, sampleRate: Int, channels: Int, expectedFrames: Int?
    ) throws -> any SampleSink {
        var layout = SampleFormat(encoding: format.encoding, channels: channels, sampleRate: sampleRate)
        switch format.container {
        case .wav, .rf64:
            let keepsTied = format.metadata.sampleRate == sampleRate
            let chunks = format.metadata.chunks
            let dropped = chunks.filter { !keepsTied && $0.isTiedToSampleRate }.map { $0.identifier.trimmingCharacters(in: .whitespaces) }
            let isSurelySmall = (expectedFrames ?? .max) < (1 << 31) / (layout.bytesPerFrame ?? 1)
            let header = WaveHeader(
                encoding: format.encoding, channels: channels, sampleRate: sampleRate, isExtensible: format.isExtensible,
                channelMask: format.channelMask, metadata: chunks.filter { keepsTied || !$0.isTiedToSampleRate },
                reservesSizes64: sink.isSeekable && !isSurelySmall)
            return try HeaderedEncoder(
                sink, header: header, layout: layout, droppedMetadata: dropped,
                limitError: .writeFailed(path: sink.path, reason: "more frames came than were announced"))
        case _ where !sink.isSeekable || sink.isStandardOutput:
            throw AudioFileError.formatLimit(
                path: sink.path, limit: "\(format.displayName) cannot be written to a pipe", advice: "write WAV")
        case .aiff:
            layout.isBigEndian = true
            return try HeaderedEncoder(
                sink, header: AIFFHeader(encoding: format.encoding, channels: channels, sampleRate: sampleRate), layout: layout,
                limitError: .formatLimit(path: sink.path, limit: "AIFF holds at most 4 GB", advice: "write .wav"))
        default:
            return try LibraryEncoder(sink, format: SF_INFO(writing: format, sampleRate: sampleRate, channels: channels))
        }
    }

    deinit { cancel() }

    /// Adds a block of the writer's channel count.
    ///
    /// - Throws: ``AudioFileError/nonFinite(path:value:time:count:samples:)`` for NaN and infinities, which no file
    ///   should carry on, and ``AudioFileError/writeFailed(path:reason:)``, for example when the disk is full. The
    ///   unfinished file is then removed.
    public func write(_ block: AudioBuffer) throws {
        precondition(block.channels.count == channels, "a block has \(block.channels.count) channels, the file \(channels)")
        precondition(isOpen, "the writer is finished")
        do {
            var inspection = SampleInspection()
            inspection.inspect(block)
            if let frame = inspection.firstNonFiniteFrame {
                throw AudioFileError.nonFinite(
                    path: sink.path, value: inspection.firstNonFiniteValue ?? "NaN",
                    time: Double(frames + frame) / Double(sampleRate), count: inspection.nonFiniteCount, samples: inspection.samples)
            }
            let chunk = max(1, min(4096, (1 << 18) / channels))
            for start in stride(from: 0, to: block.frameCount, by: chunk) {
                try writeChunk(block, start..<min(start + chunk, block.frameCount))
            }
            frames += block.frameCount
        } catch {
            cancel()
            throw error
        }
    }

    private func writeChunk(_ block: AudioBuffer, _ range: Range<Int>) throws {
        let count = range.count * channels
        if interleaved.count < count { interleaved = [Float](repeating: 0, count: count) }
        for channel in 0..<channels {
            var index = channel
            for frame in range {
                interleaved[index] = block.channels[channel][frame]
                index += channels
            }
        }
        if format.isLossy {
            for index in 0..<count where abs(interleaved[index]) > 1 {
                limited += 1
                interleaved[index] = interleaved[index] > 0 ? 1 : -1
            }
        }
        let isWritten = try interleaved.withUnsafeBufferPointer {
            try encoder.write(UnsafeBufferPointer(rebasing: $0[..<count]), frames: range.count)
        }
        try sink.check()
        if !isWritten {
            throw AudioFileError.writeFailed(path: sink.path, reason: encoder.failure ?? "the encoder refused the samples")
        }
    }

    /// Completes the file and puts it in its place.
    public func finish() throws -> WriteReport {
        precondition(isOpen, "the writer is finished")
        do {
            try encoder.close()
            try sink.commit()
        } catch {
            cancel()
            throw error
        }
        isOpen = false
        return WriteReport(
            path: sink.path, frames: frames, byteCount: sink.length, limitedSamples: limited + encoder.limited,
            droppedMetadata: format.droppedMetadata + encoder.droppedMetadata)
    }

    /// Removes the unfinished file. Does nothing after ``finish()``.
    public func cancel() {
        guard isOpen else { return }
        isOpen = false
        encoder.abandon()
        sink.abandon()
    }
}

extension AudioFileFormat {
    var isLossy: Bool { encoding == .vorbis || encoding == .opus || encoding == .mpegAudio }
}
