import AudioDSP
import Foundation
import NeuralCore
import Testing

/// Voices with the models that ship.
@Suite struct DefaultVoiceTests {
    private let folder: Scratch
    private let voice: [Float], other: [Float]

    /// Two people as loud as each other, 16 kHz.
    init() throws {
        folder = try Scratch()
        voice = Sounds.cleanSpeech
        let talk = Sounds.otherTalker.prefix(voice.count), gain = Float((power(voice) / power(talk)).squareRoot())
        other = talk.map { $0 * gain }
        try folder.write(voice, to: "voice.wav")
        try folder.write(zip(voice, other).map { $0 + $1 }, to: "both.wav")
        try folder.write(other, to: "other.wav")
    }

    private func run(_ arguments: String...) throws -> Tool.Outcome { try Tool.run(arguments, in: folder) }

    /// The enrolled person is kept out of two, by some decibels, and the other one is told to be somebody else.
    @Test func keepsWhoIsEnrolled() throws {
        let enrolled = try run("enroll", "voice.wav", "-o", "a.voice")
        #expect(enrolled.code == 0, "\(enrolled.errors)")
        for (name, target) in [("both", "present"), ("other", "absent")] {
            let outcome = try run("extract", "\(name).wav", "--voice", "a.voice", "-o", "\(name)-out.wav", "--json")
            #expect(outcome.code == 0, "\(outcome.errors)")
            let presence = try JSONValue(parsing: outcome.text)["files"][0]["presence"]
            #expect(presence["target"].string == target, "\(presence.text)")
        }
        let (before, after) = (siSDR(try folder.read("both.wav").channels[0], voice), siSDR(try folder.read("both-out.wav").channels[0], voice))
        #expect(after > before + 4, "\(before) dB, then \(after) dB")
    }

    /// A stream needs no more than the models, and no voice of another enrolment model is taken.
    @Test func streamsAndRefuses() throws {
        #expect(try run("enroll", "voice.wav", "-o", "a.voice").code == 0)
        let streamed = try Tool.run(
            ["stream", "extract", "--voice", "a.voice", "--input", "both.wav", "-o", "live.wav", "--compensate"], in: folder)
        #expect(streamed.code == 0, "\(streamed.errors)")
        #expect(try folder.read("live.wav").frameCount == voice.count)
        let text = String(decoding: try folder.bytes("a.voice"), as: UTF8.self)
        let hash = try #require(JSONValue(parsing: text)["model"]["sha256"].string)
        let foreign = text.replacingOccurrences(of: hash, with: String(repeating: "0", count: 64))
        try folder.write(Array(foreign.utf8), to: "foreign.voice")
        expectRefusal(try run("extract", "both.wav", "--voice", "foreign.voice", "-o", "x.wav"), saying: "foreign.voice")
    }
}
