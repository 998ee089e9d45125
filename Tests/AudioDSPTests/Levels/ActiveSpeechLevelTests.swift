import AudioDSP
import NeuralCore
import TestSupport
import Testing

@Suite struct ActiveSpeechLevelTests {
    /// 0.1 dB from the ITU's program, 1e-6 dB from the straight line, counts exact.
    @Test(arguments: Fixture.all(in: "dsp/level"))
    func levelsMatchTheITUProgram(_ fixture: Fixture) throws {
        let cases = try required(fixture.config["p56"].array)
        #expect(!cases.isEmpty)
        for entry in cases {
            let name = try required(entry["name"].string)
            let signal = try fixture.floats(name).map { $0 / 32_768 }
            let level = try ActiveSpeechLevel.measure(signal, sampleRate: try required(entry["fs"].int))
            #expect(level.activityCounts == entry["activity_counts"].ints, "\(name)")
            let expected = try required(entry["stl_active_dBov"].double)
            guard expected > -100 else {
                #expect(level.active == nil, "\(name)")
                #expect(level.activity == 0)
                continue
            }
            let active = try required(level.active)
            #expect(abs(active - expected) <= 0.1, "\(name): \(active) instead of \(expected)")
            #expect(abs(active - (try required(entry["straight_line_active_dBov"].double))) <= 1e-6, "\(name)")
            #expect(abs(level.activity * 100 - (try required(entry["stl_activity_percent"].double))) <= 1, "\(name)")
            #expect(abs(level.longTerm - (try required(entry["stl_rms_dBov"].double))) <= 1e-3, "\(name)")
        }
    }

    @Test func piecesGiveTheLevelOfTheWhole() throws {
        let signal = noise(30_000, seed: 8)
        var meter = try ActiveSpeechMeter(sampleRate: 16_000)
        for start in stride(from: 0, to: signal.count, by: 777) {
            meter.process(Array(signal[start..<min(start + 777, signal.count)]))
        }
        #expect(meter.level == (try ActiveSpeechLevel.measure(signal, sampleRate: 16_000)))
        #expect(throws: SignalError.self) { try ActiveSpeechMeter(sampleRate: 0) }
    }
}
