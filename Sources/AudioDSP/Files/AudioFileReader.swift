import CSndfile
import Foundation

/// Reads an audio file, or standard input, block by block.
///
/// ```swift
/// let reader = try AudioFileReader(path: "talk.flac")
/// while let block = try reader.read(frames: 4096) { … }
/// ```
/// Memory use does not depend on the length of the file. Not `Sendable`: one reader belongs to one thread at a time.
public final class AudioFileReader {
    /// Known after opening; its warnings, frame count and truncation are completed while reading.
    public private(set) var info: AudioFileInfo
    /// Frames handed out so far.
    public private(set) var framesRead = 0

    private let source: ByteSource
    private let handle: SoundFileHandle
    private let truncation: TruncationPolicy
    /// Frames that must come before the end is a regular one; nil when unknown.
    private let expectedFrames: Int?
    /// Frames after which nothing more is read, though the decoder would go on.
    private let frameLimit: Int?
    private var scratch: [Float] = []
    private var hasEnded = false

    /// Opens `path`, or standard input for "-", and checks its structure.
    ///
    /// - Throws: ``AudioFileError`` when there is no such file, when it is no sound or an unsupported kind, or when
    ///   its header is damaged. A file that only breaks off early opens; what reading then does is up to `truncation`.
    public init(path: String, truncation: TruncationPolicy = .refuse) throws {
        let opened = try OpenedAudio(path: path)
        source = opened.source
        handle = opened.handle
        info = opened.info
        expectedFrames = opened.expectedFrames
        frameLimit = opened.frameLimit
        self.truncation = truncation
    }

    /// The next block of at most `frames` frames; nil when the sound has ended.
    ///
    /// A block is shorter than asked for only at the end.
    /// - Throws: ``AudioFileError`` for read errors, damaged streams and, unless accepted, truncated files.
    public func read(frames: Int) throws -> AudioBuffer? {
        precondition(frames > 0, "a block has at least one frame")
        if info.isTruncated, truncation == .refuse { throw info.truncationError }
        let channelCount = info.channels
        var channels = [[Float]](repeating: [], count: channelCount)
        var missing = frames
        if let frameLimit { missing = min(missing, frameLimit - framesRead) }
        let chunk = max(1, min(4096, (1 << 18) / channelCount))
        if scratch.isEmpty { scratch = [Float](repeating: 0, count: chunk * channelCount) }
        while missing > 0, !hasEnded {
            let wanted = min(missing, chunk)
            let count = scratch.withUnsafeMutableBufferPointer { min(wanted, handle.read($0.baseAddress!, frames: wanted)) }
            append(count, to: &channels)
            framesRead += count
            missing -= count
            if let error = handle.error {
                try end(damage: error)
            } else if count < wanted {
                try end(damage: nil)
            }
        }
        if let frameLimit, framesRead >= frameLimit { hasEnded = true }
        return channels[0].isEmpty ? nil : AudioBuffer(channels: channels, sampleRate: info.sampleRate)
    }

    private func append(_ count: Int, to channels: inout [[Float]]) {
        guard count > 0 else { return }
        let stride = channels.count
        scratch.withUnsafeBufferPointer { samples in
            for channel in channels.indices {
                let old = channels[channel].count
                channels[channel].append(contentsOf: repeatElement(0, count: count))
                channels[channel].withUnsafeMutableBufferPointer { target in
                    var index = channel
                    for frame in old..<old + count {
                        target[frame] = samples[index]
                        index += stride
                    }
                }
            }
        }
    }

    /// Judges whether the sound was complete.
    private func end(damage: String?) throws {
        hasEnded = true
        let time = Double(framesRead) / Double(info.sampleRate)
        if let failure = source.failure {
            throw AudioFileError.readFailed(path: info.path, reason: systemReason(failure))
        }
        let wasKnown = info.isTruncated
        info.frameCount = framesRead
        if let damage {
            info.isTruncated = true
            if truncation == .refuse { throw AudioFileError.damaged(path: info.path, time: time, reason: damage) }
            info.warnings.append(String(format: "damaged at %.2f s (%@): the rest was not read", time, damage))
        } else if let expectedFrames, framesRead < expectedFrames, !wasKnown {
            info.isTruncated = true
            info.claimedFrameCount = expectedFrames
            if truncation == .refuse { throw info.truncationError }
            info.warnings.append(info.truncationWarning)
        }
    }
}

extension AudioFileInfo {
    var truncationWarning: String {
        let present = String(format: "%.2f", duration ?? 0)
        guard let claimedFrameCount else { return "truncated: the end is missing, \(present) s are there" }
        return String(format: "truncated: header says %.2f s, ", Double(claimedFrameCount) / Double(sampleRate)) + "\(present) s are there"
    }
}
