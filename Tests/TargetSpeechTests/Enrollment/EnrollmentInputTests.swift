import AudioDSP
import Foundation
import TestSupport
import Testing

@testable import TargetSpeech

@Suite struct EnrollmentInputTests {
    private func input(_ sound: AudioBuffer, _ settings: EnrollmentSettings = .init()) throws -> EnrollmentInput {
        try EnrollmentInput(sound, name: "example", settings: settings)
    }

    /// The same voice as 48 kHz stereo, 20 dB quieter, louder than full scale and after 2 s of silence.
    @Test func formDoesNotMatter() throws {
        let speech = try Recordings.speech(0), plain = try input(Recordings.mono(speech))
        #expect(plain.channels.count == 1 && plain.speechDuration > 2)
        let silence = [Float](repeating: 0, count: 32_000)
        let wide = try Resampler.resample(speech, from: 16_000, to: 48_000)
        let variants: [(String, AudioBuffer, Double)] = [
            ("silence first", Recordings.mono(silence + speech), 1e-6),
            ("-20 dB", Recordings.mono(speech.map { 0.1 * $0 }), 1e-5),
            ("as 16-bit integers", Recordings.mono(speech.map { 32_768 * $0 }), 1e-5),
            ("stereo", AudioBuffer(channels: [speech, speech], sampleRate: 16_000), 1e-6),
            ("one dead ear", AudioBuffer(channels: [[Float](repeating: 0, count: speech.count), speech], sampleRate: 16_000), 1e-6),
            ("48 kHz stereo", AudioBuffer(channels: [wide, wide], sampleRate: 48_000), 0.02),
        ]
        for (name, sound, tolerance) in variants {
            let found = try input(sound)
            #expect(found.channels.count == 1, "\(name)")
            #expect(found.flags == plain.flags, "\(name)")
            expectClose(found.channels[0], plain.channels[0], relativeL2: tolerance, name)
        }
    }

    @Test func earsThatDifferStay() throws {
        let speech = try Recordings.speech(0)
        let late = [Float](repeating: 0, count: 8) + speech.dropLast(8).map { 0.7 * $0 }
        let found = try input(AudioBuffer(channels: [speech, late], sampleRate: 16_000))
        #expect(found.channels.count == 2)
        let ratio = Level.rms(found.channels[1]) - Level.rms(found.channels[0])
        #expect(abs(ratio - 20 * log10(0.7)) < 0.05)
    }

    @Test func anOffsetIsTaken() throws {
        let speech = try Recordings.speech(0)
        let plain = try input(Recordings.mono(speech)), found = try input(Recordings.mono(speech.map { $0 + 0.2 }))
        #expect(abs(found.channels[0].reduce(0, +)) / Float(found.channels[0].count) < 1e-4)
        #expect(abs(found.duration - plain.duration) < 0.5)
        #expect(abs(Level.rms(found.channels[0]) - Level.rms(plain.channels[0])) < 1)
    }

    @Test func ofLongExamplesThePartWithTheMostSpeechIsTaken() throws {
        let speech = try Recordings.speech(0), pause = [Float](repeating: 0, count: 64_000)
        var settings = EnrollmentSettings()
        settings.longestExample = 4
        let found = try input(Recordings.mono(Array(speech[..<16_000]) + pause + speech + pause), settings)
        #expect(found.duration <= 4)
        #expect(found.speechDuration > 2)
    }

    @Test func speechInNoiseIsSpeech() throws {
        let speech = try Recordings.speech(0), noise = Recordings.noise(seconds: 5, level: 1)
        let mixture = try SpeechMixer(measure: .activeSpeech(sampleRate: 16_000)).mix(speech: speech, noise: noise, snr: 10)
        #expect(try input(Recordings.mono(mixture.noisy)).speechDuration > 1)
    }

    /// Noise from both sides, louder than the talker in front.
    @Test func speechInFrontOfNoiseIsSpeech() throws {
        let speech = try Recordings.speech(0)
        let noise = Recordings.noise(seconds: 5, level: Float(pow(10, Level.rms(speech) / 20)))
        let sides = Ears(side: noise, delay: 8, gain: 1) + Ears(side: noise.reversed(), delay: 8, gain: 1).mirrored
        let scene = Ears(front: speech) + sides
        let found = try input(AudioBuffer(channels: [scene.left, scene.right], sampleRate: 16_000))
        #expect(found.channels.count == 2 && found.speechDuration > 1)
    }

    @Test func otherSoundsAreRefusedAtTwoEars() {
        let noise = Recordings.noise(seconds: 5, level: 0.1), music = Recordings.music(seconds: 5)
        let hum = (0..<80_000).map { 0.1 * sin(2 * .pi * 100 * Float($0) / 16_000) }
        for sound in [noise, music, hum] {
            let around = Ears(side: sound, delay: 7, gain: 1) + Ears(side: sound.reversed(), delay: 9, gain: 1).mirrored
            for ears in [around, Ears(side: sound, delay: 2, gain: 1), Ears(side: sound, delay: 9, gain: 1)] {
                #expect(throws: EnrollmentError.notSpeech(example: "example")) {
                    try input(AudioBuffer(channels: [ears.left, ears.right], sampleRate: 16_000))
                }
            }
        }
    }

    @Test func silenceIsRefused() {
        for level: Float in [0, 1e-5] {
            #expect { try input(Recordings.mono(Recordings.noise(seconds: 4, level: level))) } throws: {
                if case EnrollmentError.silence = $0 { true } else { false }
            }
        }
        #expect(throws: EnrollmentError.silence(example: "example", level: -.infinity)) {
            try input(Recordings.mono([]))
        }
    }

    @Test func otherSoundsAreRefused() {
        let hum = (0..<80_000).map { 0.1 * sin(2 * .pi * 100 * Float($0) / 16_000) }
        for sound in [Recordings.noise(seconds: 5, level: 0.1), Recordings.music(seconds: 5), hum] {
            #expect(throws: EnrollmentError.notSpeech(example: "example")) { try input(Recordings.mono(sound)) }
        }
    }

    @Test(arguments: [1600, 4800, 9600, 14_000]) func tooLittleSpeechIsRefused(_ samples: Int) throws {
        let speech = try Recordings.speech(0)[8000..<8000 + samples]
        #expect {
            try input(Recordings.mono(Array(speech)))
        } throws: {
            if case EnrollmentError.tooShort(_, let seconds, let needed) = $0 { seconds < needed } else { false }
        }
    }

    @Test func badRecordingsAreRefused() throws {
        var speech = try Recordings.speech(0)
        #expect(throws: EnrollmentError.channels(example: "example", count: 3)) {
            try input(AudioBuffer(channels: [speech, speech, speech], sampleRate: 16_000))
        }
        #expect(throws: EnrollmentError.sampleRate(example: "example", rate: 0)) { try input(Recordings.mono(speech, rate: 0)) }
        speech[99] = .nan
        #expect(throws: EnrollmentError.notFinite(example: "example", channel: 0, frame: 99)) { try input(Recordings.mono(speech)) }
        var settings = EnrollmentSettings()
        settings.leastSpeech = -1
        #expect(throws: TargetSpeechError.self) { try input(Recordings.mono(Recordings.speech(0)), settings) }
    }

    @Test func messagesNameTheRecordingAndTheWayOut() {
        let errors: [EnrollmentError] = [
            .channels(example: "a.wav", count: 6), .silence(example: "a.wav", level: -90), .notSpeech(example: "a.wav"),
            .tooShort(example: "a.wav", speech: 0.4, needed: 1), .notFinite(example: "a.wav", channel: 0, frame: 3),
            .sampleRate(example: "a.wav", rate: 0),
        ]
        for error in errors {
            let text = error.localizedDescription
            #expect(text.contains("a.wav") && text.contains(". ") && text.hasSuffix("."), "\(text)")
        }
    }
}
