import AudioDSP
import Foundation
import Testing

/// `audiotool stream enhance` with the model that ships.
@Suite struct DefaultStreamTests {
    private let folder: Scratch

    init() throws { folder = try Scratch() }

    private struct Report: Decodable {
        var framesIn: Int, framesOut: Int, latencyFrames: Int, latencyMilliseconds: Double
    }

    @Test func cleansARecordingWhileItSounds() throws {
        try folder.write(Sounds.noisySpeech, to: "in.wav")
        let outcome = try Tool.run("stream", "enhance", "--input", "in.wav", "-o", "out.wav", "--compensate", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let output = try folder.read("out.wav")
        #expect(output.sampleRate == 16_000 && output.frameCount == Sounds.noisySpeech.count)
        #expect(siSDR(output.channels[0], Sounds.cleanSpeech) > siSDR(Sounds.noisySpeech, Sounds.cleanSpeech) + 2)
    }

    @Test func isAtMost32MillisecondsLate() throws {
        let samples = Sounds.noisySpeech.prefix(24_000).withUnsafeBytes { Data($0) }
        let outcome = try Tool.run(
            ["stream", "enhance", "--format", "f32le", "--rate", "16000", "--json"], in: folder, input: samples)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try JSONDecoder().decode(Report.self, from: Data(try #require(outcome.errorLines.last).utf8))
        #expect(report.framesOut == 24_000 && report.framesIn == 24_000)
        #expect(report.latencyMilliseconds <= 32 && report.latencyFrames == 511)
    }
}
