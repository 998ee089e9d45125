import Foundation

/// What can go wrong with live audio, in words for whoever started it.
public enum LiveAudioError: Error, Equatable {
    /// No device of that name.
    case noDevice(name: String, fix: String)
    /// No device that could do that.
    case noDeviceAtAll(direction: AudioDevice.Direction, fix: String)
    /// Several devices match a part of a name.
    case ambiguousDevice(name: String, candidates: [String])
    /// A device cannot be opened with what is asked of it.
    case deviceRefused(name: String, reason: String)
    /// A device that worked stopped working.
    case deviceVanished(name: String)
    /// The sound system cannot be started.
    case noAudioSystem(reason: String)
    /// A stream without a header whose format nobody named.
    case formatNeeded(stream: String)
    /// A stream in a format that is not read as it comes.
    case foreignFormat(stream: String, format: String)
    /// A stream that ended before its first byte.
    case emptyStream(stream: String)
    /// Samples that cannot be what their format says.
    case implausibleSamples(stream: String, value: Float, format: PCMFormat)
    /// A processor that does not fit what it is to be connected to.
    case mismatch(what: String, processor: Int, stream: Int)
    case writeFailed(path: String, reason: String)
}

extension LiveAudioError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .noDevice(let name, let fix): "no audio device named \"\(name)\"; \(fix)"
        case .noDeviceAtAll(let direction, let fix): "no \(direction.rawValue) device; \(fix)"
        case .ambiguousDevice(let name, let candidates):
            "\"\(name)\" may be \(candidates.joined(separator: " or ")); give more of the name, or the number."
        case .deviceRefused(let name, let reason): "\(name) cannot be opened: \(reason)."
        case .deviceVanished(let name): "\(name) stopped working: was it unplugged? Connect it and start again."
        case .noAudioSystem(let reason): "The sound system cannot be started: \(reason)."
        case .formatNeeded(let stream):
            "\(stream) is no WAV stream; say what it is with --format, --rate and --channels, "
                + "for example --format s16le --rate 16000 --channels 1."
        case .foreignFormat(let stream, let format):
            "\(stream) is \(format), and a stream is WAV or raw samples. Send it through a converter (sox FILE -t wav - | audiotool stream …), "
                + "or give the file to `audiotool enhance` or `audiotool extract`."
        case .emptyStream(let stream): "\(stream) is empty."
        case .implausibleSamples(let stream, let value, let format):
            "\(stream): samples such as \(String(format: "%g", value)) are no \(format.rawValue) sound, which lies within -1 and 1; "
                + "is --format right? Integers are s16le, s24le or s32le."
        case .mismatch(let what, let processor, let stream):
            "The model takes \(processor) \(what) and the stream has \(stream)."
        case .writeFailed(let path, let reason): "\(path) cannot be written: \(reason)."
        }
    }
}
