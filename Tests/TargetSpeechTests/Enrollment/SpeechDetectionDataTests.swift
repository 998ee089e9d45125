import AudioDSP
import Foundation
import TestSupport
import Testing

@testable import TargetSpeech

/// Error rates of telling speech from other sounds on recordings that chose none of the constants. `AUDIOTOOL_DATA`
/// names a folder with `speech/test`, `noise/test` and `music/clips`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["AUDIOTOOL_DATA"] != nil))
struct SpeechDetectionDataTests {
    private static let folder = ProcessInfo.processInfo.environment["AUDIOTOOL_DATA"] ?? ""

    /// Noises in which people can be heard.
    private static let voices = ["cafe", "crowd"]

    @Test func errorRates() throws {
        let speech = try Self.excerpts("speech/test"), music = try Self.excerpts("music/clips")
        let noise = try Self.excerpts("noise/test").filter { excerpt in !Self.voices.contains { excerpt.name.hasPrefix($0) } }
        let mixer = SpeechMixer(measure: .activeSpeech(sampleRate: 16_000))
        let refused = Self.part(of: speech) { !Self.isTaken($0) }
        print("speech refused: \(refused)")
        var noisy: [Double] = []
        for snr in [10.0, 5, 0] {
            let mixtures = try speech.enumerated().map { index, excerpt in
                let other = noise[index % noise.count].samples
                return (name: excerpt.name, samples: try mixer.mix(speech: excerpt.samples, noise: other, snr: snr).noisy)
            }
            noisy.append(Self.part(of: mixtures) { !Self.isTaken($0) })
            print("speech at \(snr) dB refused: \(noisy.last ?? 0)")
        }
        let noiseTaken = Self.part(of: noise, Self.isTaken), musicTaken = Self.part(of: music, Self.isTaken)
        print("noise taken: \(noiseTaken), music taken: \(musicTaken)")
        #expect(refused <= 0.02)
        #expect(noisy[0] <= 0.05 && noisy[1] <= 0.08 && noisy[2] <= 0.15)
        #expect(noiseTaken <= 0.08 && musicTaken <= 0.15)
    }

    private typealias Excerpt = (name: String, samples: [Float])

    private static func isTaken(_ samples: [Float]) -> Bool {
        do {
            _ = try EnrollmentInput(Recordings.mono(samples), name: "excerpt")
            return true
        } catch {
            return false
        }
    }

    private static func part(of excerpts: [Excerpt], _ condition: ([Float]) -> Bool) -> Double {
        Double(excerpts.count { condition($0.samples) }) / Double(excerpts.count)
    }

    /// Stretches of at most 6 s and at least 2.5 s.
    private static func excerpts(_ path: String) throws -> [Excerpt] {
        try AudioFolder(scanning: folder + "/" + path, role: "sounds").recordings.flatMap { recording -> [Excerpt] in
            let samples = try AudioFile.read(recording.path).resampled(to: 16_000).mono
            let name = URL(fileURLWithPath: recording.path).lastPathComponent
            return stride(from: 0, to: samples.count, by: 96_000).prefix(4).compactMap { start in
                let part = Array(samples[start..<min(samples.count, start + 96_000)])
                return part.count >= 40_000 ? (name, part) : nil
            }
        }
    }
}
