import AudioDSP

/// A recording that can be read from its beginning more than once.
public protocol RecordingSource: AnyObject {
    /// What messages call it: a path, for example.
    var name: String { get }
    var sampleRate: Int { get }
    var channelCount: Int { get }
    /// The next block of at most `frames` frames; nil at the end.
    func read(frames: Int) throws -> AudioBuffer?
    /// Goes back to the beginning.
    func rewind() throws
}

/// A recording in memory.
public final class BufferSource: RecordingSource {
    private let buffer: AudioBuffer
    private var position = 0

    public let name: String

    public init(_ buffer: AudioBuffer, name: String = "The recording") {
        self.buffer = buffer
        self.name = name
    }

    public var sampleRate: Int { buffer.sampleRate }
    public var channelCount: Int { buffer.channels.count }

    public func read(frames: Int) -> AudioBuffer? {
        guard position < buffer.frameCount, frames > 0 else { return nil }
        let end = min(position + frames, buffer.frameCount)
        defer { position = end }
        return AudioBuffer(channels: buffer.channels.map { Array($0[position..<end]) }, sampleRate: sampleRate)
    }

    public func rewind() { position = 0 }
}

/// A recording that comes from a file or a stream.
public protocol FileRecordingSource: RecordingSource {
    /// What is known of it; its warnings are complete after a pass.
    var info: AudioFileInfo { get }
}

/// A file that is opened again for every pass.
public final class FileSource: FileRecordingSource {
    private let path: String
    private let truncation: TruncationPolicy
    private var reader: AudioFileReader

    public init(path: String, truncation: TruncationPolicy = .refuse) throws {
        self.path = path
        self.truncation = truncation
        reader = try AudioFileReader(path: path, truncation: truncation)
    }

    public var info: AudioFileInfo { reader.info }
    public var name: String { path }
    public var sampleRate: Int { reader.info.sampleRate }
    public var channelCount: Int { reader.info.channels }

    public func read(frames: Int) throws -> AudioBuffer? { try reader.read(frames: frames) }

    public func rewind() throws { reader = try AudioFileReader(path: path, truncation: truncation) }
}
