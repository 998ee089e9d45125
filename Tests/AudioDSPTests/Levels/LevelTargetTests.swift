import AudioDSP
import Foundation
import Testing

@Suite struct LevelTargetTests {
    static let audio = AudioBuffer(
        channels: [noise(48_000, seed: 21).map { $0 * 0.1 }, noise(48_000, seed: 22).map { $0 * 0.05 }],
        sampleRate: 16_000)

    @Test(arguments: [LevelTarget.peak(-1), .rms(-20), .activeSpeech(-26), .loudness(-23)])
    func theTargetIsMet(_ target: LevelTarget) throws {
        let scaled = try target.applied(to: Self.audio)
        #expect(abs(20 * log10(try target.gain(for: scaled))) < 1e-3)
        #expect(try target.gain(for: Self.audio) != 1)
    }

    @Test(arguments: [LevelTarget.peak(-1), .rms(-20), .activeSpeech(-26), .loudness(-23)])
    func silenceIsRefused(_ target: LevelTarget) {
        let silence = AudioBuffer(channels: [[Float](repeating: 0, count: 16_000)], sampleRate: 16_000)
        #expect(throws: SignalError.self) { try target.gain(for: silence) }
        var broken = Self.audio
        broken.channels[1][3] = .nan
        #expect(throws: SignalError.notFinite(operation: "Level", sample: 3)) { try target.gain(for: broken) }
    }
}
