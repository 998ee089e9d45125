import Foundation
import Testing

@testable import TargetSpeech

@Suite struct VoiceFileTests {
    private static let model = Voice.Model(name: "small", sha256: String(repeating: "0f", count: 32))

    private static func voice() throws -> Voice {
        let origin = Voice.Origin(
            examples: [.init(duration: 4.2, speechDuration: 3.3, channels: 2), .init(duration: 2, speechDuration: 1.5, channels: 1)],
            partCosine: 0.81, exampleCosine: nil)
        return try #require(
            Voice(vector: (0..<256).map { sin(Float($0)) / 7 }, model: model, origin: origin, confidence: 0.7))
    }

    private func temporary(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appendingPathComponent("a.voice").path)
    }

    @Test func writtenAndReadAgain() throws {
        let voice = try Self.voice()
        try temporary { path in
            try voice.write(to: path)
            #expect(try Voice(reading: path) == voice)
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            #expect(try #require(size) < 8192)
            try Voice(reading: path).require(model: Self.model, size: 256, path: path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent) == ["a.voice"])
        }
    }

    @Test func vectorsThatAreNoneGiveNoVoice() throws {
        let origin = try Self.voice().origin
        for vector: [Float] in [[], [0, 0], [.nan, 1], [.infinity]] {
            #expect(Voice(vector: vector, model: Self.model, origin: origin, confidence: 1) == nil)
        }
    }

    @Test func otherModelsAreRefused() throws {
        let voice = try Self.voice(), other = Voice.Model(name: "large", sha256: String(repeating: "11", count: 32))
        #expect(throws: VoiceFileError.otherModel(path: "a.voice", made: Self.model, needed: other)) {
            try voice.require(model: other, size: 256, path: "a.voice")
        }
        #expect(throws: VoiceFileError.wrongSize(path: "a.voice", size: 256, needed: 128)) {
            try voice.require(model: Self.model, size: 128, path: "a.voice")
        }
        let text = VoiceFileError.otherModel(path: "a.voice", made: Self.model, needed: other).localizedDescription
        #expect(text.contains("a.voice") && text.contains("small") && text.contains("large"))
    }

    @Test(arguments: [
        ("\"version\":1", "\"version\":2", "newer"), ("\"version\":1", "\"version\":0", "damaged"),
        ("audiotool.voice", "other", "damaged"), ("\"vector\":[0", "\"vector\":[1e39,0", "notFinite"),
        ("\"vector\":[0", "\"vector\":[5,0", "damaged"), ("\"vector\":[0", "\"vector\":[\"x\",0", "damaged"),
        ("\"confidence\":0.7", "\"confidence\":7", "damaged"), ("0f0f", "zz", "damaged"),
        ("\"channels\":2", "\"channels\":9", "damaged"), ("\"part_cosine\":0.81", "\"part_cosine\":8", "damaged"),
        ("\"vector\":[0", "\"vector\":[NaN,0", "damaged"), ("}\n", "", "damaged"),
    ]) func damageIsNamed(_ old: String, _ new: String, _ kind: String) throws {
        try temporary { path in
            try Self.voice().write(to: path)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let range = try #require(text.range(of: old))
            try text.replacingCharacters(in: range, with: new).write(toFile: path, atomically: true, encoding: .utf8)
            #expect {
                try Voice(reading: path)
            } throws: { error in
                switch error as? VoiceFileError {
                case .newerFormat(path, 2, 1): kind == "newer"
                case .notFinite(path, 0): kind == "notFinite"
                case .damaged(path, _): kind == "damaged"
                default: false
                }
            }
        }
    }

    @Test func absentFilesFoldersAndForeignFiles() throws {
        try temporary { path in
            #expect(throws: VoiceFileError.notFound(path: path)) { try Voice(reading: path) }
            let folder = (path as NSString).deletingLastPathComponent
            #expect(throws: VoiceFileError.unreadable(path: folder, reason: "it is a folder")) { try Voice(reading: folder) }
            try Data(count: 2 << 20).write(to: URL(fileURLWithPath: path))
            #expect {
                try Voice(reading: path)
            } throws: {
                if case VoiceFileError.damaged = $0 { true } else { false }
            }
            #expect {
                try Self.voice().write(to: folder + "/none/a.voice")
            } throws: {
                if case VoiceFileError.notWritten = $0 { true } else { false }
            }
        }
    }
}
