import AudioDSP
import Foundation

/// Standard input, or another stream that comes only once: the first pass copies its samples to a temporary file
/// without a name, later passes read that.
public final class SpooledSource: FileRecordingSource {
    private let reader: AudioFileReader
    private var file: FileHandle
    private var isSpooling = true

    /// - Parameter path: "-" is standard input.
    public init(path: String, truncation: TruncationPolicy = .refuse) throws {
        reader = try AudioFileReader(path: path, truncation: truncation)
        file = try Self.unnamedFile(for: reader.info.path)
    }

    public var info: AudioFileInfo { reader.info }
    public var name: String { reader.info.path }
    public var sampleRate: Int { reader.info.sampleRate }
    public var channelCount: Int { reader.info.channels }

    public func read(frames: Int) throws -> AudioBuffer? {
        isSpooling ? try spool(frames: frames) : try reread(frames: frames)
    }

    /// Only at the end of the first pass is the recording complete.
    public func rewind() throws {
        isSpooling = false
        try attempt { try file.seek(toOffset: 0) }
    }

    private func spool(frames: Int) throws -> AudioBuffer? {
        guard let block = try reader.read(frames: frames) else { return nil }
        var interleaved = [Float](repeating: 0, count: block.frameCount * channelCount)
        for (channel, samples) in block.channels.enumerated() {
            for (frame, sample) in samples.enumerated() { interleaved[frame * channelCount + channel] = sample }
        }
        try attempt { try file.write(contentsOf: interleaved.withUnsafeBytes { Data($0) }) }
        return block
    }

    private func reread(frames: Int) throws -> AudioBuffer? {
        let frameSize = channelCount * MemoryLayout<Float>.size
        let data = try attempt { try file.read(upToCount: frames * frameSize) } ?? Data()
        let count = data.count / frameSize
        guard count > 0 else { return nil }
        let channelCount = channelCount
        let channels = data.withUnsafeBytes { bytes in
            (0..<channelCount).map { channel in
                (0..<count).map { frame in
                    bytes.loadUnaligned(
                        fromByteOffset: (frame * channelCount + channel) * MemoryLayout<Float>.size, as: Float.self)
                }
            }
        }
        return AudioBuffer(channels: channels, sampleRate: sampleRate)
    }

    private func attempt<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch {
            throw EnhancementError.spooling(path: name, reason: error.localizedDescription)
        }
    }

    private static func unnamedFile(for name: String) throws -> FileHandle {
        let descriptor = openUnnamedFile()
        guard descriptor >= 0 else {
            throw EnhancementError.spooling(path: name, reason: String(cString: strerror(errno)))
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
