import TestSupport
import Testing

@testable import TargetSpeech

/// Integers exactly; a sample may differ by one where the gain's rounding decides it.
@Suite struct UtterancePreparationParityTests {
    private static let signals = Fixture.all(in: "dvector/preprocess").flatMap { fixture in
        fixture.names.filter { $0.hasSuffix(".wav") }.map { (fixture, String($0.dropLast(4))) }
    }

    @Test(arguments: signals)
    func voiceActivity(_ fixture: Fixture, _ name: String) throws {
        let pcm = try fixture.doubles("\(name).pcm").map { Int16($0) }
        let frames = pcm.count / VoiceActivityDetector.frameLength
        let (features, powers) = try (fixture.doubles("\(name).vad_features"), fixture.doubles("\(name).vad_power"))
        let (ratios, raw) = try (fixture.doubles("\(name).vad_llr"), fixture.doubles("\(name).vad_raw"))
        let flags = try fixture.doubles("\(name).vad")
        try #require(flags.count == frames && frames > 0)
        var detector = VoiceActivityDetector()
        for frame in 0..<frames {
            let start = frame * VoiceActivityDetector.frameLength
            let found = detector.analyze(pcm[start..<start + VoiceActivityDetector.frameLength])
            #expect(found.features.map(Double.init) == Array(features[frame * 6..<frame * 6 + 6]), "\(name) frame \(frame)")
            #expect(Double(found.power) == powers[frame], "\(name) frame \(frame)")
            #expect(Double(found.ratio) == ratios[frame], "\(name) frame \(frame)")
            #expect(found.isRawSpeech == (raw[frame] == 1), "\(name) frame \(frame)")
            #expect(found.isSpeech == (flags[frame] == 1), "\(name) frame \(frame)")
        }
    }

    @Test(arguments: signals)
    func levelAndTrimming(_ fixture: Fixture, _ name: String) throws {
        let wave = try fixture.floats("\(name).wav")
        expectClose([UtterancePreparation.gain(wave)], try fixture.floats("\(name).gain"), relativeL2: 1e-6, name)
        let raised = UtterancePreparation.raised(wave)
        let pcm = VoiceActivity.pcm(raised), expected = try fixture.doubles("\(name).pcm")
        try #require(pcm.count == expected.count)
        #expect(zip(pcm, expected).allSatisfy { abs(Double($0) - $1) <= 1 })
        let flags = VoiceActivity.flags(of: raised)
        #expect(try flags == bools(fixture, "\(name).vad"))
        #expect(try UtterancePreparation.majority(flags) == bools(fixture, "\(name).mask"))
        #expect(try UtterancePreparation.keptWindows(flags) == bools(fixture, "\(name).mask_dilated"))
        #expect(try Double(UtterancePreparation.prepare(wave).count) == fixture.doubles("\(name).trimmed_length")[0])
    }

    @Test(arguments: Fixture.all(in: "dvector/preprocess"))
    func masksOfFlags(_ fixture: Fixture) throws {
        let width = try fixture.shape("flags.in")[1]
        let (flags, masks, dilated) = try (
            bools(fixture, "flags.in"), bools(fixture, "flags.mask"), bools(fixture, "flags.dilated"))
        try #require(!flags.isEmpty)
        for start in stride(from: 0, to: flags.count, by: width) {
            let row = start..<start + width
            #expect(UtterancePreparation.majority(Array(flags[row])) == Array(masks[row]))
            #expect(UtterancePreparation.keptWindows(Array(flags[row])) == Array(dilated[row]))
        }
    }

    @Test func silenceLeavesNothing() {
        #expect(UtterancePreparation.prepare([Float](repeating: 0, count: 16_000)).isEmpty)
        #expect(UtterancePreparation.prepare([]).isEmpty)
    }

    private func bools(_ fixture: Fixture, _ name: String) throws -> [Bool] { try fixture.doubles(name).map { $0 == 1 } }
}
