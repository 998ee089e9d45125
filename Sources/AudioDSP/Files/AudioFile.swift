import Foundation

/// Whole audio files: reading, writing and looking at them. For long files see ``AudioFileReader``.
public enum AudioFile {
    /// Reads all of a file; "-" is standard input.
    public static func read(_ path: String, truncation: TruncationPolicy = .refuse) throws -> AudioBuffer {
        let reader = try AudioFileReader(path: path, truncation: truncation)
        var sound = AudioBuffer(channels: Array(repeating: [], count: reader.info.channels), sampleRate: reader.info.sampleRate)
        while let block = try reader.read(frames: 1 << 16) { sound.append(block) }
        return sound
    }

    /// What the file's header and structure say.
    public static func info(_ path: String) throws -> AudioFileInfo {
        try AudioFileReader(path: path, truncation: .accept).info
    }

    /// Writes a sound in one go. Without a format the extension decides, and WAV has 16 bits.
    @discardableResult
    public static func write(_ sound: AudioBuffer, to path: String, format: AudioFileFormat? = nil) throws -> WriteReport {
        let writer = try AudioFileWriter(
            path: path, format: format ?? .matching(outputPath: path), sampleRate: sound.sampleRate,
            channels: sound.channels.count, expectedFrames: sound.frameCount)
        try writer.write(sound)
        return try writer.finish()
    }

    /// Decodes the whole file block by block and reports its peak and any sample that is no number.
    public static func inspect(_ path: String, truncation: TruncationPolicy = .refuse) throws -> SampleInspection {
        let reader = try AudioFileReader(path: path, truncation: truncation)
        var inspection = SampleInspection()
        while let block = try reader.read(frames: 1 << 14) { inspection.inspect(block) }
        return inspection
    }
}
