import AudioDSP
import Foundation
import Testing

/// `audiotool enroll` and `audiotool extract`, with models that have learned nothing.
@Suite struct ExtractCommandTests {
    private let folder: Scratch
    private let environment: [String: String]

    init() throws {
        folder = try Scratch()
        environment = try TinyTargetModels.install(in: folder)
    }

    private func run(_ arguments: String...) throws -> Tool.Outcome { try Tool.run(arguments, in: folder, environment: environment) }

    @Test(arguments: [(16_000, 1, 20_001), (44_100, 2, 30_000), (48_000, 4, 10_000), (8_000, 1, 1)])
    func asLongAsItWas(_ rate: Int, _ channels: Int, _ frames: Int) throws {
        let sound = AudioBuffer(
            channels: (0..<channels).map { Sounds.noise(frames, level: 0.1, seed: UInt64($0) + 1) }, sampleRate: rate)
        try folder.write(sound, to: "in.wav", .wavFloat)
        let outcome = try run("extract", "in.wav", "--voice", "a.voice")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let output = try folder.read("in-extracted.wav")
        #expect(output.sampleRate == rate && output.channels.count == channels && output.frameCount == frames)
        // Without strength the recording is what it was.
        #expect(try run("extract", "in.wav", "-o", "same.wav", "--voice", "a.voice", "--strength", "0").code == 0)
        #expect(try folder.read("same.wav") == sound)
    }

    @Test func foldersAndVerdict() throws {
        try folder.write(Sounds.noisySpeech, to: "in/a.wav")
        try folder.write(Sounds.noisySpeech, to: "in/b/c.flac")
        let outcome = try run("extract", "in", "-o", "out", "--voice", "a.voice", "--json", "--jobs", "2")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        #expect(report["extracted"] as? Int == 2)
        let files = try #require(report["files"] as? [[String: Any]])
        for file in files {
            let presence = try #require(file["presence"] as? [String: Any])
            #expect(["present", "absent", "unknown"].contains(presence["target"] as? String ?? ""))
        }
        #expect(folder.files.filter { $0.hasPrefix("out/") } == ["out/a.wav", "out/b/c.flac"])
        let again = try run("extract", "in", "-o", "out", "--voice", "a.voice", "--skip-existing")
        #expect(again.code == 0 && again.text.contains("2 skipped"), "\(again.text)")
    }

    /// A model that hears the start twice is another at first and the same in time, from pipes too.
    @Test func warmUp() throws {
        try folder.write(Sounds.noisySpeech, to: "in.wav")
        let warm = ["--voice", "a.voice", "--model", "tiny-warm"]
        #expect(try run("extract", "in.wav", "-o", "cold.wav", "--voice", "a.voice", "--model", "tiny-extractor").code == 0)
        #expect(try Tool.run(["extract", "in.wav", "-o", "warm.wav"] + warm, in: folder, environment: environment).code == 0)
        let (cold, hot) = (try folder.read("cold.wav").channels[0], try folder.read("warm.wav").channels[0])
        #expect(hot.count == cold.count && hot != cold)
        let piped = try Tool.run(["extract", "-"] + warm, in: folder, input: Data(folder.bytes("in.wav")), environment: environment)
        try folder.write([UInt8](piped.output), to: "piped.wav")
        #expect(try folder.read("piped.wav").channels[0] == hot)
        // A recording shorter than what is heard first.
        try folder.write(Array(Sounds.noisySpeech.prefix(5_000)), to: "short.wav")
        #expect(try Tool.run(["extract", "short.wav", "-o", "s.wav"] + warm, in: folder, environment: environment).code == 0)
        #expect(try folder.read("s.wav").frameCount == 5_000)
    }

    @Test func pipes() throws {
        try folder.write(Sounds.noisySpeech, to: "in.wav")
        #expect(try run("extract", "in.wav", "-o", "out.wav", "--voice", "a.voice").code == 0)
        let piped = try Tool.run(
            ["extract", "-", "--voice", "a.voice"], in: folder, input: Data(folder.bytes("in.wav")), environment: environment)
        try folder.write([UInt8](piped.output), to: "piped.wav")
        #expect(try folder.read("piped.wav") == folder.read("out.wav"))
    }

    @Test func enrolledVoiceIsUsed() throws {
        try folder.write(Sounds.cleanSpeech + Sounds.cleanSpeech, to: "alice.wav")
        let outcome = try run("enroll", "alice.wav", "-o", "alice.voice", "--json")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        #expect((0...1).contains(try #require(report["confidence"] as? Double)))
        #expect(report["model"] as? String == "tiny-enrol")
        try folder.write(Sounds.noisySpeech, to: "in.wav")
        #expect(try run("extract", "in.wav", "--voice", "alice.voice", "-o", "1.wav").code == 0)
        #expect(try run("extract", "in.wav", "--voice", "a.voice", "-o", "2.wav").code == 0)
        #expect(try folder.read("1.wav") != folder.read("2.wav"))
    }

    @Test func enrolmentRefuses() throws {
        try folder.write([Float](repeating: 0, count: 48_000), to: "silence.wav")
        try folder.write(Array(Sounds.cleanSpeech.prefix(9_000)), to: "short.wav")
        for name in ["silence.wav", "short.wav", "none.wav"] {
            expectRefusal(try run("enroll", name, "-o", "x.voice"), saying: name)
        }
        #expect(!folder.files.contains("x.voice"))
    }

    @Test func refusals() throws {
        try folder.write(Array(Sounds.noisySpeech.prefix(4_000)), to: "in.wav")
        try folder.write([0, 0.5, 0.25, 0.1], to: "nan.wav", .wavFloat)
        var bytes = try folder.bytes("nan.wav")
        bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
        try folder.write(bytes, to: "nan.wav")
        expectRefusal(try run("extract", "in.wav", "--voice", "none.voice"), saying: "none.voice")
        expectRefusal(try run("extract", "in.wav", "--voice", "in.wav"), saying: "in.wav", "voice")
        expectRefusal(try run("extract", "nan.wav", "--voice", "a.voice"), saying: "nan.wav", "NaN")
        expectRefusal(try run("extract", "in.wav", "--voice", "a.voice", "--model", "tiny-stream"), saying: "tiny-stream")
        expectRefusal(
            try run("extract", "in.wav", "--voice", "a.voice", "--model", "tiny-strict"), saying: "a.voice", "tiny-enrol", "other-enrol", "again")
        #expect(try run("extract", "in.wav").code == 64)
        #expect(try run("enroll", "in.wav", "-o", "in.wav").code == 64)
        #expect(!folder.files.contains { $0.contains("extracted") || $0.hasSuffix(".partial") })
    }
}
