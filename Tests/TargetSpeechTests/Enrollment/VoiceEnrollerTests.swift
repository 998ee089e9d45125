import AudioDSP
import Foundation
import TestSupport
import Testing

@testable import TargetSpeech

@Suite struct VoiceEnrollerTests {
    private func example(_ index: Int, _ samples: Range<Int>? = nil) throws -> VoiceEnroller.Example {
        let speech = try Recordings.speech(index)
        return .init(name: "clip \(index)", sound: Recordings.mono(samples.map { Array(speech[$0]) } ?? speech))
    }

    @Test func oneExample() throws {
        let voice = try VoiceEnroller(encoder: SpectrumEncoder()).enroll([example(0)])
        #expect(abs(Voice.product(voice.vector, voice.vector) - 1) < 1e-6)
        #expect(voice.model == SpectrumEncoder().model)
        #expect(voice.origin.examples.count == 1 && voice.origin.exampleCosine == nil)
        #expect(try #require(voice.origin.partCosine) > 0.5)
        #expect((0.1...1).contains(voice.confidence))
    }

    /// One voice as 48 kHz stereo, 20 dB quieter and after silence gives one vector.
    @Test func formDoesNotMatter() throws {
        let enroller = VoiceEnroller(encoder: SpectrumEncoder()), speech = try Recordings.speech(0)
        let plain = try enroller.enroll([example(0)])
        let wide = try Resampler.resample([Float](repeating: 0, count: 32_000) + speech, from: 16_000, to: 48_000).map { 0.1 * $0 }
        let other = try enroller.enroll([.init(name: "wide", sound: AudioBuffer(channels: [wide, wide], sampleRate: 48_000))])
        #expect(plain.cosine(with: other.vector) > 0.999)
        #expect(abs(plain.confidence - other.confidence) < 0.02)
    }

    @Test func severalExamplesAreAveraged() throws {
        let encoder = SpectrumEncoder(), enroller = VoiceEnroller(encoder: encoder)
        let examples = try [example(0, 0..<33_600), example(0, 33_600..<67_200)]
        let voices = try examples.map { try enroller.enroll([$0]) }
        let both = try enroller.enroll(examples)
        let cosine = voices[0].cosine(with: voices[1].vector)
        #expect(abs(try #require(both.origin.exampleCosine) - cosine) < 1e-5)
        let mean = try #require(Voice.unit(zip(voices[0].vector, voices[1].vector).map { $0 + $1 }))
        expectClose(both.vector, mean, absolute: 1e-5)
        #expect(both.origin.examples.count == 2)
    }

    @Test func disagreementLowersConfidence() throws {
        let enroller = VoiceEnroller(encoder: SpectrumEncoder())
        let strangers = try enroller.enroll([example(0), example(1)])
        #expect(try #require(strangers.origin.exampleCosine) < 0.999)
        let same = EnrollmentConfidence(speechDuration: 5, partCosine: 0.9, exampleCosine: 0.9, cosineRange: 0.5...0.9)
        let other = EnrollmentConfidence(speechDuration: 5, partCosine: 0.9, exampleCosine: 0.6, cosineRange: 0.5...0.9)
        let little = EnrollmentConfidence(speechDuration: 1, partCosine: 0.9, exampleCosine: nil, cosineRange: 0.5...0.9)
        let unknown = EnrollmentConfidence(speechDuration: 5, partCosine: nil, exampleCosine: nil, cosineRange: 0.5...0.9)
        #expect(abs(same.value - (1 - exp(-2))) < 1e-9 && abs(other.value - same.value / 4) < 1e-9)
        #expect(little.value < 0.34 && unknown.value == same.value)
    }

    @Test func theBadExampleIsNamedBeforeTheNetworkRuns() throws {
        let encoder = SpectrumEncoder(change: { _ in fatalError("the network ran") })
        let silence = VoiceEnroller.Example(name: "silence.wav", sound: Recordings.mono([Float](repeating: 0, count: 48_000)))
        #expect(throws: EnrollmentError.silence(example: "silence.wav", level: -.infinity)) {
            try VoiceEnroller(encoder: encoder).enroll([example(0), silence])
        }
        #expect(throws: EnrollmentError.noExamples) { try VoiceEnroller(encoder: encoder).enroll([]) }
    }

    @Test func unusableVectorsAreRefused() throws {
        let changes: [@Sendable ([Float]) -> [Float]] = [
            { $0.map { _ in 0 } }, { $0.map { _ in .nan } }, { Array($0.dropLast()) },
        ]
        for change in changes {
            #expect {
                try VoiceEnroller(encoder: SpectrumEncoder(change: change)).enroll([example(0)])
            } throws: {
                if case EnrollmentError.unusableVector(let name, let model, _) = $0 { name == "clip 0" && model == "spectrum" } else { false }
            }
        }
    }
}
