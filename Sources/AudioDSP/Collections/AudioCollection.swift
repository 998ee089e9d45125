import Foundation

/// The recordings of a folder at one sample rate, mono, ready to be cut into excerpts at random access.
///
/// Levels are arbitrary: every recording peaks at full scale. Safe to read from several threads.
public struct AudioCollection: Sendable {
    /// Limits for loading.
    public struct Options: Sendable {
        /// Beyond this the samples go to a file in `spoolFolder` and are mapped.
        public var memoryLimit = 2 << 30
        public var spoolFolder = NSTemporaryDirectory()
        public init() {}
    }

    public let role: String
    public let sampleRate: Int
    /// The recordings in use, in the folder's order.
    public let recordings: [AudioFolder.Recording]
    /// What was left out while loading: broken, silent or empty recordings.
    public let skipped: [AudioFolder.Unreadable]
    /// Recordings by group, in the order of ``groups``.
    public let recordingsByGroup: [[Int]]
    public let groups: [String]
    private let store: SampleStore

    /// Decodes, mixes to mono and resamples a whole folder.
    ///
    /// - Parameter onProgress: called after every recording with how many are done.
    /// - Throws: ``AudioFolderError`` when no recording is left, and what writing the spool file throws.
    public init(
        loading folder: AudioFolder, sampleRate: Int, options: Options = Options(), onProgress: (Int) throws -> Void = { _ in }
    ) throws {
        let estimate = folder.recordings.reduce(0.0) { $0 + Double($1.frameCount ?? 0) * Double(sampleRate) / Double($1.sampleRate) }
        let spool = estimate * 2 > Double(options.memoryLimit) ? options.spoolFolder + "/\(folder.role)-\(sampleRate).s16" : nil
        var builder = try SampleStore.Builder(spool: spool)
        var kept: [AudioFolder.Recording] = []
        var skipped = folder.unreadable
        for (index, recording) in folder.recordings.enumerated() {
            do {
                let samples = try Self.monoSamples(of: recording, sampleRate: sampleRate)
                try builder.append(samples)
                kept.append(recording)
            } catch let error as Rejection {
                skipped.append(.init(path: recording.path, reason: error.reason))
            }
            try onProgress(index + 1)
        }
        guard !kept.isEmpty else {
            throw AudioFolderError.noAudio(role: folder.role, path: folder.path, otherFiles: 0, unreadable: skipped)
        }
        role = folder.role
        self.sampleRate = sampleRate
        recordings = kept
        self.skipped = skipped
        groups = Set(kept.map(\.group)).sorted()
        let members = Dictionary(grouping: kept.indices, by: { kept[$0].group })
        recordingsByGroup = groups.map { members[$0] ?? [] }
        store = try builder.finish()
    }

    public func frameCount(of recording: Int) -> Int { store.frameCount(of: recording) }

    /// The length of all recordings together.
    public var seconds: Double {
        Double(recordings.indices.reduce(0) { $0 + frameCount(of: $1) }) / Double(sampleRate)
    }

    /// `count` samples from `start`. The range must lie inside the recording.
    public func excerpt(of recording: Int, from start: Int, count: Int) -> [Float] {
        var output = [Float](repeating: 0, count: count)
        store.read(recording, from: start, count: count, into: &output, at: 0)
        return output
    }

    /// `count` samples from `start` of the recording repeated without end, with a cross-fade of up to 20 ms at each seam.
    public func loop(of recording: Int, from start: Int, count: Int) -> [Float] {
        let frames = frameCount(of: recording)
        if start + count <= frames { return excerpt(of: recording, from: start, count: count) }
        let fade = min(sampleRate / 50, frames / 4)
        let period = frames - fade
        let whole = excerpt(of: recording, from: 0, count: frames)
        return (0..<count).map { index in
            let phase = (start + index) % period
            guard phase < fade, start + index >= period else { return whole[phase] }
            let weight = (Float(phase) + 0.5) / Float(fade)
            return weight.squareRoot() * whole[phase] + (1 - weight).squareRoot() * whole[period + phase]
        }
    }

    /// What was loaded, for the log: "speech: 48 kHz → 16 kHz, 812 files; 16 kHz, 20 files; 91.3 min, 30 speakers".
    public var summary: String {
        let byRate = Dictionary(grouping: recordings, by: \.sampleRate)
        let parts = byRate.keys.sorted(by: >).map { rate in
            let files = byRate[rate]?.count ?? 0
            let conversion = rate == sampleRate ? rate.asKilohertz : "\(rate.asKilohertz) → \(sampleRate.asKilohertz)"
            let caution = rate < sampleRate ? " (nothing above \((rate / 2).asKilohertz) in them)" : ""
            return "\(conversion), \(files) file\(files == 1 ? "" : "s")\(caution)"
        }
        let kind = role.contains("speech") ? "speaker" : "group"
        return "\(role): \(parts.joined(separator: "; ")); \((seconds / 60).formatted(decimals: 1)) min, "
            + "\(groups.count) \(kind)\(groups.count == 1 ? "" : "s")"
    }

    /// A number that changes when files are added, removed or change their length.
    public var fingerprint: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for (index, recording) in recordings.enumerated() {
            for byte in "\(recording.relativePath)|\(frameCount(of: index));".utf8 {
                hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            }
        }
        return String(hash, radix: 16)
    }

    private struct Rejection: Error { let reason: String }

    private static func monoSamples(of recording: AudioFolder.Recording, sampleRate: Int) throws -> [Float] {
        let mono: [Float]
        do {
            let buffer = try AudioFile.read(recording.path)
            mono = try Resampler.resample(buffer.mono, from: buffer.sampleRate, to: sampleRate)
        } catch {
            throw Rejection(reason: error.localizedDescription)
        }
        guard mono.allSatisfy(\.isFinite) else { throw Rejection(reason: "\(recording.path) holds NaN or infinite samples.") }
        guard mono.contains(where: { $0 != 0 }) else { throw Rejection(reason: "\(recording.path) is silent.") }
        return mono
    }
}

extension Int {
    var asKilohertz: String {
        self % 1000 == 0 ? "\(self / 1000) kHz" : "\((Double(self) / 1000).formatted(decimals: 1)) kHz".replacingOccurrences(of: ".0 ", with: " ")
    }
}
