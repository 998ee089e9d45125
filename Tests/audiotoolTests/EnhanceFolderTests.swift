import AudioDSP
import Foundation
import NeuralCore
import Testing

/// Several recordings at once: trees, collisions, failures among successes, going on after a stop.
@Suite struct EnhanceFolderTests {
    private func speech(_ start: Int, _ count: Int = 8_000) -> [Float] { Array(Sounds.noisySpeech[start..<start + count]) }

    @Test func defaultNameIsBesideTheInput() throws {
        let folder = try Scratch()
        try folder.write(speech(0), to: "a b.wav")
        let outcome = try Tool.run("enhance", "a b.wav", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(folder.files == ["a b-enhanced.wav", "a b.wav"])
        #expect(outcome.text.contains("a b-enhanced.wav"))
        #expect(outcome.errors.isEmpty)
    }

    @Test func treeIsKept() throws {
        let folder = try Scratch()
        for (index, name) in ["in/x.wav", "in/deep/er/x.flac", "in/ünïcode 日本.wav"].enumerated() {
            try folder.write(speech(index * 4_000), to: name)
        }
        try folder.write(Array("notes".utf8), to: "in/notes.txt")
        let outcome = try Tool.run("enhance", "in", "-o", "out", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("1 files that are no audio"))
        #expect(folder.files.filter { $0.hasPrefix("out") } == ["out/deep/er/x.flac", "out/x.wav", "out/ünïcode 日本.wav"].sorted())
        #expect(try AudioFile.info(folder.path("out/deep/er/x.flac")).container == .flac)
    }

    /// Nine are cleaned, the tenth is named, the exit code is not 0. CASES C22: every output in the JSON exists.
    @Test func oneBrokenFileAmongTen() throws {
        let folder = try Scratch()
        for index in 0..<9 { try folder.write(speech(index * 1_000, 4_000), to: "in/\(index).wav") }
        try folder.write(Array("no sound".utf8), to: "in/tenth.wav")
        let outcome = try Tool.run("enhance", "in", "-o", "out", "--json", in: folder)
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("in/tenth.wav is not an audio file"))
        #expect(outcome.errorLines.last == "Error: 1 of 10 recordings failed: in/tenth.wav")
        #expect(folder.files.filter { $0.hasPrefix("out/") }.count == 9)
        let result = try JSONValue(parsing: outcome.text)
        #expect(result["enhanced"].int == 9)
        #expect(result["failed"].int == 1)
        let files = try #require(result["files"].array)
        #expect(files.count == 10)
        for file in files {
            if let output = file["output"].string {
                #expect(FileManager.default.fileExists(atPath: folder.path(output)))
                #expect(file["status"].string == "enhanced")
            } else {
                #expect(file["status"].string == "failed")
                #expect(file["error"].string?.contains("tenth.wav") == true)
            }
        }
    }

    /// CASES C22: one output of three cannot be written.
    @Test func oneOutputCannotBeWritten() throws {
        let folder = try Scratch()
        for name in ["a", "b", "c"] { try folder.write(speech(0, 4_000), to: "\(name).wav") }
        try folder.makeFolder("out")
        try FileManager.default.createSymbolicLink(atPath: folder.path("out/b.wav"), withDestinationPath: "/dev/full")
        let outcome = try Tool.run("enhance", "a.wav", "b.wav", "c.wav", "-o", "out", "--json", in: folder)
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("out/b.wav"))
        let files = try #require(JSONValue(parsing: outcome.text)["files"].array)
        #expect(files.compactMap { $0["output"].string } == ["out/a.wav", "out/c.wav"])
    }

    /// CASES C10.
    @Test func collisionsAreRefused() throws {
        let folder = try Scratch()
        try folder.write(speech(0), to: "A/x.wav")
        try folder.write(speech(9_000), to: "B/x.wav")
        let outcome = try Tool.run("enhance", "A/x.wav", "B/x.wav", "-o", "out/", in: folder)
        expectRefusal(outcome, saying: "A/x.wav", "B/x.wav", "out/x.wav", leaving: folder, files: ["A/x.wav", "B/x.wav"])

        let parent = try Tool.run("enhance", ".", "-o", "out", in: folder)
        #expect(parent.code == 0)
        #expect(try folder.read("out/A/x.wav") != folder.read("out/B/x.wav"))
    }

    @Test func resultsNeverOverwriteOtherInputs() throws {
        let folder = try Scratch()
        try folder.write(speech(0), to: "A/x.wav")
        try folder.write(speech(9_000), to: "B/x.wav")
        let outcome = try Tool.run("enhance", "A/x.wav", "B", "-o", "B", in: folder)
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("B/x.wav"))
        #expect(outcome.errorLines.count == 1)
    }

    /// CASES C68.
    @Test func existingOutputsAreSkipped() throws {
        let folder = try Scratch()
        for name in ["a", "b"] { try folder.write(speech(0, 4_000), to: "in/\(name).wav") }
        try folder.write(Array("kept".utf8), to: "sentinel")
        try folder.copy(folder.url.appendingPathComponent("sentinel"), to: "out/a.wav")
        let outcome = try Tool.run("enhance", "in/", "-o", "out/", "--skip-existing", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("out/a.wav is there already"))
        #expect(try folder.bytes("out/a.wav") == Array("kept".utf8))
        #expect(try folder.read("out/b.wav").frameCount == 4_000)
    }

    /// CASES C68: in place, a file and a folder.
    @Test func inPlace() throws {
        let folder = try Scratch()
        try folder.write(speech(0), to: "in/x.wav")
        try folder.write(speech(0), to: "y.wav")
        let before = try folder.read("y.wav")
        #expect(try Tool.run("enhance", "y.wav", "-o", "y.wav", in: folder).code == 0)
        #expect(try Tool.run("enhance", "in/", "-o", "in/", in: folder).code == 0)
        #expect(folder.files == ["in/x.wav", "y.wav"])
        let after = try folder.read("y.wav")
        #expect(after.frameCount == before.frameCount && after != before)
        #expect(try folder.read("in/x.wav") == after)
        let skipping = try Tool.run("enhance", "in/", "-o", "in/", "--skip-existing", in: folder)
        #expect(skipping.code == 64)
    }

    @Test func failedInPlaceKeepsTheInput() throws {
        let folder = try Scratch()
        var samples = speech(0)
        samples[100] = .nan
        try folder.write(floatWave(samples), to: "x.wav")
        let bytes = try folder.bytes("x.wav")
        #expect(try Tool.run("enhance", "x.wav", "-o", "x.wav", in: folder).code == 1)
        #expect(try folder.bytes("x.wav") == bytes)
        #expect(folder.files == ["x.wav"])
    }

    @Test func emptyFolder() throws {
        let folder = try Scratch()
        try folder.makeFolder("in")
        expectRefusal(try Tool.run("enhance", "in", "-o", "out", in: folder), saying: "in", "empty", leaving: folder, files: [])
        #expect(try Tool.run("enhance", "in", in: folder).code == 64)
    }

    /// CASES C08, C66: metadata is kept, and what is not kept is named.
    @Test func metadataIsKeptOrNamed() throws {
        let folder = try Scratch()
        try folder.write(speech(0), to: "plain.wav")
        let plain = try folder.bytes("plain.wav")
        let dataAt = 36
        #expect(Array(plain[dataAt..<dataAt + 4]) == Array("data".utf8))
        let text = [UInt8]((0..<602).map { UInt8(65 + $0 % 26) })
        let chunk = Array("bext".utf8) + little(UInt32(text.count)) + text
        var bytes = Array(plain[..<12]) + chunk + Array(plain[12...])
        bytes.replaceSubrange(4..<8, with: little(UInt32(bytes.count - 8)))
        try folder.write(bytes, to: "bext.wav")
        let kept = try Tool.run("enhance", "bext.wav", "-o", "o.wav", in: folder)
        #expect(kept.code == 0, "\(kept.errors)")
        #expect(try folder.bytes("o.wav").firstRange(of: text) != nil)
        #expect(try folder.read("o.wav").frameCount == 8_000)
        let dropped = try Tool.run("enhance", "bext.wav", "-o", "o.flac", in: folder)
        #expect(dropped.code == 0)
        #expect(dropped.errors.contains("dropped: bext"))
    }
}
