import Foundation

/// Why a file could not be read or written, in words for whoever named it.
public enum AudioFileError: LocalizedError, Equatable {
    case notFound(path: String)
    case isDirectory(path: String)
    case cannotOpen(path: String, reason: String)
    case empty(path: String)
    /// Not sound at all; `looksLike` says what the first bytes resemble, where that is known.
    case notAudio(path: String, looksLike: String?)
    /// Sound in a format that is recognised but not read.
    case unsupported(path: String, format: String)
    /// A chunk whose size runs past the end of what contains it.
    case brokenChunk(path: String, chunk: String, claimed: UInt64, present: UInt64)
    case malformed(path: String, reason: String)
    case sampleRate(path: String, rate: String)
    case channelCount(path: String, channels: Int)
    /// Sound is missing at the end; seconds. `claimed` is nil when the format states no length.
    case truncated(path: String, claimed: Double?, present: Double)
    /// The coded stream is damaged `time` seconds in.
    case damaged(path: String, time: Double, reason: String)
    case noAudio(path: String)
    case readFailed(path: String, reason: String)
    /// NaN or infinite samples; the first lies `time` seconds in.
    case nonFinite(path: String, value: String, time: Double, count: Int, samples: Int)
    case unknownOutputFormat(path: String)
    /// The output's format cannot hold what is to be written.
    case formatLimit(path: String, limit: String, advice: String)
    case cannotCreate(path: String, reason: String)
    case writeFailed(path: String, reason: String)
    /// Whoever read standard output has gone: for some commands a reason to stop, and no fault.
    case readerGone

    public var errorDescription: String? {
        switch self {
        case .notFound(let path):
            "There is no file at \(path)."
        case .isDirectory(let path):
            "\(path) is a folder, not an audio file."
        case .cannotOpen(let path, let reason):
            "\(path) cannot be opened: \(reason)."
        case .empty(let path):
            "\(path) is empty (0 bytes)."
        case .notAudio(let path, let looksLike):
            "\(path) is not an audio file" + (looksLike.map { ": it looks like \($0)." } ?? ": its first bytes match no known format.")
        case .unsupported(let path, let format):
            "\(path) is \(format), which audiotool does not read. Convert: \(Self.conversionCommand(for: path))"
        case .brokenChunk(let path, let chunk, let claimed, let present):
            "\(path): chunk \(chunk) claims \(claimed) bytes, \(present) are there."
        case .malformed(let path, let reason):
            "\(path) is damaged or no valid audio file: \(reason)."
        case .sampleRate(let path, let rate):
            "\(path): sample rate \(rate) Hz is outside 1 kHz to 768 kHz."
        case .channelCount(let path, let channels):
            "\(path): \(channels) channels; 1 to \(AudioFileLimits.channels.upperBound) are supported."
        case .truncated(let path, let claimed?, let present):
            "\(path) is truncated: header says \(Self.seconds(claimed)) s, \(Self.seconds(present)) s are there."
        case .truncated(let path, nil, let present):
            "\(path) is truncated: its end is missing, \(Self.seconds(present)) s are there."
        case .damaged(let path, let time, let reason):
            "\(path) is damaged at \(Self.seconds(time)) s: \(reason)."
        case .noAudio(let path):
            "\(path) holds no audio (0 frames)."
        case .readFailed(let path, let reason):
            "\(path) could not be read: \(reason)."
        case .nonFinite(let path, let value, let time, let count, let samples):
            "\(path): \(value) at \(Self.milliseconds(time)) s (\(Self.grouped(count)) of \(Self.grouped(samples)) samples)."
        case .unknownOutputFormat(let path):
            "The extension of \(path) names no format that can be written. Use .wav, .flac, .ogg, .opus, .mp3, .aiff, .au, .caf or .w64."
        case .formatLimit(let path, let limit, let advice):
            "\(path): \(limit): \(advice)."
        case .cannotCreate(let path, let reason):
            "\(path) cannot be written: \(reason)."
        case .readerGone:
            "Whoever read standard output has gone."
        case .writeFailed(let path, let reason):
            "Writing \(path) failed: \(reason)."
        }
    }

    private static func seconds(_ value: Double) -> String { String(format: "%.2f", value) }
    private static func milliseconds(_ value: Double) -> String { String(format: "%.3f", value) }

    /// 80000 → "80,000".
    private static func grouped(_ value: Int) -> String {
        var digits = String(value), result = ""
        while digits.count > 3 {
            result = "," + digits.suffix(3) + result
            digits.removeLast(3)
        }
        return digits + result
    }

    /// The command that makes a WAV file of the one at `path`, its names quoted for a shell where they need it.
    static func conversionCommand(for path: String) -> String {
        let url = URL(fileURLWithPath: path)
        var output = url.deletingPathExtension().lastPathComponent
        output += url.pathExtension.lowercased() == "wav" ? "-converted.wav" : ".wav"
        return "ffmpeg -i \(quoted(path)) \(quoted(output))"
    }

    private static func quoted(_ word: String) -> String {
        let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "._-/+,:@%"))
        if !word.isEmpty, !word.hasPrefix("-"), word.unicodeScalars.allSatisfy(plain.contains) { return word }
        return "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}

/// What files may claim before they are refused.
public enum AudioFileLimits {
    /// Hz.
    public static let sampleRates = 1_000...768_000
    public static let channels = 1...1_024
    /// Chunks of a RIFF, AIFF or CAF file.
    static let chunks = 4_096
    /// Bytes of one metadata chunk that is carried to the output.
    static let metadataChunkBytes = 1 << 20
    /// Bytes of header a pipe may send before its samples.
    static let streamHeaderBytes = 4 << 20
}

/// The reason of the last failed system call, such as "No space left on device".
func systemReason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
