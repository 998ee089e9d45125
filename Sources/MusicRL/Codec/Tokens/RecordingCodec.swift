import AudioDSP
import Foundation
import ModelLibrary

/// A codec for recordings of any rate, length and number of channels. Memory does not grow with the sound but for its codes.
///
/// ```swift
/// let codec = try RecordingCodec(ModelStore().model("encodec", kind: .codec))
/// let tokens = try codec.encode(AudioFileReader(path: "song.flac"))
/// try codec.decode(tokens) { try writer.write($0) }
/// ```
/// With a codec of one channel every channel is encoded by itself; one of two channels takes pairs, and a mono recording twice.
public struct RecordingCodec: Sendable {
    public let codec: any AudioCodec
    public let name: String
    /// Of the codec (`ModelFile.codecHash()`).
    public let sha256: String
    private let sampleRate: Int

    /// - Parameter codebooks: How many are used; nil for all.
    /// - Throws: What `ModelFile.audioCodec(codebooks:)` throws.
    public init(_ model: ModelFile, codebooks: Int? = nil) throws {
        codec = try model.audioCodec(codebooks: codebooks)
        (name, sha256) = (model.name, try model.codecHash())
        sampleRate = Int(codec.sampleRate.rounded())
    }

    private static let blockFrames = 1 << 16

    /// The channels of a recording that each stream holds.
    private func streams(ofChannels count: Int) throws -> [[Int]] {
        if codec.channels == 1 { return (0..<count).map { [$0] } }
        if count == 1 { return [[Int](repeating: 0, count: codec.channels)] }
        guard count % codec.channels == 0 else { throw CodecError.channelCount(found: count, expected: codec.channels) }
        return stride(from: 0, to: count, by: codec.channels).map { Array($0..<$0 + codec.channels) }
    }

    /// - Parameter onProgress: Told how many seconds are done; what it throws ends the work.
    /// - Throws: `AudioFileError` for recordings that cannot be read, are empty or hold NaN, and ``CodecError``.
    public func encode(_ reader: AudioFileReader, onProgress: (Double) throws -> Void = { _ in }) throws -> TokenFile {
        let rate = reader.info.sampleRate, channels = try streams(ofChannels: reader.info.channels)
        let resampler = try StreamingResampler(from: rate, to: sampleRate, channels: reader.info.channels)
        var encoders = try channels.map { _ in try codec.makeStreamingEncoder() }
        var codes = channels.map { _ in [[Int32]](repeating: [], count: codec.codebooks) }
        func encode(_ samples: [[Float]], isLast: Bool) throws {
            for (stream, members) in channels.enumerated() {
                var new = try encoders[stream].encode(members.map { samples[$0] })
                if isLast { new = try new.appending(encoders[stream].finish()) }
                for (codebook, row) in new.enumerated() { codes[stream][codebook] += row }
            }
        }
        var inspection = SampleInspection()
        while let block = try reader.read(frames: Self.blockFrames) {
            inspection.inspect(block)
            try inspection.requireFinite(path: reader.info.path)
            try encode(resampler.process(block.channels), isLast: false)
            try onProgress(Double(reader.framesRead) / Double(rate))
        }
        guard reader.framesRead > 0 else { throw AudioFileError.noAudio(path: reader.info.path) }
        try encode(resampler.flush(), isLast: true)
        // A sound of a sample or two may have none at the codec's rate.
        if codes[0][0].isEmpty { try encode([[Float]](repeating: [0], count: reader.info.channels), isLast: true) }
        return TokenFile(
            codec: .init(name: name, sha256: sha256, sampleRate: sampleRate, bins: codec.bins, hopLength: codec.hopLength),
            recording: .init(sampleRate: rate, channels: reader.info.channels, frames: reader.framesRead), codes: codes)
    }

    /// Makes the recording's samples, at its rate (or at `rate`) and as many as it had.
    ///
    /// - Parameters:
    ///   - path: What errors call the file of codes.
    ///   - onProgress: Told how many seconds are done; what it throws ends the work.
    ///   - write: Takes block after block.
    /// - Throws: ``TokenFileError/otherCodec(path:name:sha256:found:)``, ``CodecError`` and what the two closures throw.
    public func decode(
        _ tokens: TokenFile, path: String = "the file", rate: Int? = nil, onProgress: (Double) throws -> Void = { _ in },
        into write: (AudioBuffer) throws -> Void
    ) throws {
        guard tokens.codec.sha256 == sha256 else {
            throw TokenFileError.otherCodec(path: path, name: tokens.codec.name, sha256: tokens.codec.sha256, found: name)
        }
        let outputRate = rate ?? tokens.recording.sampleRate, count = tokens.recording.channels
        let channels = try streams(ofChannels: count)
        guard channels.count == tokens.codes.count else {
            throw TokenFileError.damaged(path: path, reason: "it has \(tokens.codes.count) streams for \(count) channels")
        }
        let resampler = try StreamingResampler(from: sampleRate, to: outputRate, channels: count)
        var decoders = try channels.map { _ in try codec.makeStreamingDecoder() }
        var remaining = Resampler.frameCount(for: tokens.recording.frames, from: tokens.recording.sampleRate, to: outputRate)
        let total = remaining
        func emit(_ samples: [[Float]]) throws {
            let length = min(remaining, samples[0].count)
            guard length > 0 else { return }
            remaining -= length
            try write(AudioBuffer(channels: samples.map { Array($0.prefix(length)) }, sampleRate: outputRate))
            try onProgress(Double(total - remaining) / Double(outputRate))
        }
        let frames = tokens.codes[0][0].count, block = max(1, Self.blockFrames / codec.hopLength)
        for start in stride(from: 0, to: frames, by: block) {
            let range = start..<min(start + block, frames)
            var samples = [[Float]](repeating: [], count: count)
            for (stream, members) in channels.enumerated() {
                var new = try decoders[stream].decode(tokens.codes[stream].map { Array($0[range]) })
                if range.upperBound == frames { for (index, rest) in try decoders[stream].finish().enumerated() { new[index] += rest } }
                for (channel, values) in zip(members, new) { samples[channel] = values }
            }
            try emit(resampler.process(samples))
        }
        try emit(resampler.flush())
        try emit([[Float]](repeating: [Float](repeating: 0, count: remaining), count: count))
    }
}
