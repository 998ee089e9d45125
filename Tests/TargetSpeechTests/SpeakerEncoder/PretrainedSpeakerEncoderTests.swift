import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Real speech against stored results. The vectors need Resemblyzer's weights, whose file `AUDIOTOOL_RESEMBLYZER` names.
@Suite struct PretrainedSpeakerEncoderTests {
    private static let weights = ProcessInfo.processInfo.environment["AUDIOTOOL_RESEMBLYZER"]

    private static let clips = Fixture.all(in: "dvector/pretrained").flatMap { fixture in
        fixture.names.filter { $0.hasSuffix(".pcm") }.map { (fixture, String($0.dropLast(4))) }
    }

    @Test(arguments: clips)
    func preparation(_ fixture: Fixture, _ clip: String) throws {
        let prepared = try prepared(fixture, clip)
        #expect(try Double(prepared.count) == fixture.doubles("\(clip).preprocessed_length")[0])
        let mel = try SpeakerFeatures()(prepared), expected = try fixture.floats("\(clip).mel0")
        expectClose(Array(mel[..<expected.count]), expected, relativeToPeak: 1e-6, "first frames")
    }

    @Test(.enabled(if: weights != nil), arguments: clips)
    func vectors(_ fixture: Fixture, _ clip: String) throws {
        let encoder = try SpeakerEncoder(checkpoint: #require(Self.weights))
        let prepared = try prepared(fixture, clip)
        expectClose(
            try encoder.partialVectors(ofPrepared: prepared), try fixture.tensor("\(clip).partials"), absolute: 1e-5, "stretches")
        let vector = try encoder.vector(ofPrepared: prepared), expected = try fixture.floats("\(clip).embed")
        expectClose(vector, expected, absolute: 1e-5, "vector")
        #expect(zip(vector, expected).reduce(0) { $0 + Double($1.0) * Double($1.1) } > 0.99999)
    }

    private func prepared(_ fixture: Fixture, _ clip: String) throws -> [Float] {
        UtterancePreparation.prepare(try fixture.doubles("\(clip).pcm").map { Float($0 / 32_768) })
    }
}
