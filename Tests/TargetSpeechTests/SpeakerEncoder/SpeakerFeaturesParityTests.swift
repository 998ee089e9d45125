import TestSupport
import Testing

@testable import TargetSpeech

/// Mel power within 1e-6 of each signal's maximum.
@Suite struct SpeakerFeaturesParityTests {
    @Test(arguments: Fixture.all(in: "dvector/mel"))
    func melPower(_ fixture: Fixture) throws {
        let features = try SpeakerFeatures()
        let signals = fixture.names.filter { $0.hasSuffix(".wav") }.map { $0.dropLast(4) }
        try #require(!signals.isEmpty)
        for name in signals {
            let mel = try features(fixture.floats("\(name).wav"))
            #expect(try fixture.shape("\(name).mel") == [mel.count / SpeakerFeatures.bandCount, SpeakerFeatures.bandCount])
            expectClose(mel, try fixture.floats("\(name).mel"), relativeToPeak: 1e-6, "\(name)")
        }
    }
}
