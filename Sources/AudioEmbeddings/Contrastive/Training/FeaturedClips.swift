import AudioDSP
import NeuralCore
import TextEncoding

/// Captioned clips as the audio side sees them.
struct FeaturedClips: Sendable {
    let clips: [CaptionedClip]
    let bands: Int
    /// `[clips][frames · bands]`
    private let features: [[Float16]]

    private static let clipsAtOnce = 32

    /// - Throws: `AudioFileError`, and what `checkCancelled` throws.
    init(_ clips: [CaptionedClip], _ features: ContrastiveFeatures, checkCancelled: () throws -> Void) throws {
        (self.clips, bands) = (clips, features.configuration.bands)
        var made: [[Float16]] = []
        for start in stride(from: 0, to: clips.count, by: Self.clipsAtOnce) {
            try checkCancelled()
            let group = clips[start..<min(clips.count, start + Self.clipsAtOnce)]
            made += try parallelMap(group.count) { place in
                Result { try Self.features(of: group[start + place].path, features) }
            }.map { try $0.get() }
        }
        self.features = made
    }

    private static func features(of path: String, _ features: ContrastiveFeatures) throws -> [Float16] {
        let sound = try AudioFile.read(path), mono = sound.mono
        guard mono.allSatisfy(\.isFinite) else {
            throw AudioFileError.malformed(path: path, reason: "it holds samples that are no numbers")
        }
        let signal = try AudioBuffer(channels: [mono], sampleRate: sound.sampleRate)
            .resampled(to: features.configuration.sampleRate).channels[0]
        guard !signal.isEmpty else { throw AudioFileError.noAudio(path: path) }
        return try features(signal).map { Float16($0) }
    }

    func frameCount(_ clip: Int) -> Int { features[clip].count / bands }

    /// `[count, bands]` from a frame on; a clip that is shorter is repeated.
    func excerpt(_ clip: Int, from start: Int, count: Int) -> [Float] {
        let own = features[clip], frames = frameCount(clip)
        return (0..<count).flatMap { frame -> [Float] in
            let place = (start + frame) % frames * bands
            return own[place..<place + bands].map { Float($0) }
        }
    }
}
