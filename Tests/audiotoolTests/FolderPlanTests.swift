import AudioDSP
import Foundation
import Testing

/// What is taken from folders, and what is not.
@Suite struct FolderPlanTests {
    private let speech = Array(Sounds.noisySpeech.prefix(4_000))

    /// CASES C68: after a stop the command is given again, with its results inside its input.
    @Test func resultsAreNoInput() throws {
        let folder = try Scratch()
        for name in ["a.wav", "deep/b.wav"] { try folder.write(speech, to: name) }
        let expected = ["a.wav", "clean/a.wav", "clean/deep/b.wav", "deep/b.wav"]
        for output in ["clean", "./clean/", folder.path("clean")] {
            let outcome = try Tool.run("enhance", ".", "-o", output, in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(folder.files == expected)
        }
        let again = try Tool.run("enhance", ".", "-o", "clean", "--skip-existing", "--json", in: folder)
        #expect(again.code == 0 && folder.files == expected)
        #expect(again.text.contains("\"skipped\" : 2"))
    }

    /// A link that leads back up is not followed; one that leads elsewhere is.
    @Test func linksBetweenFolders() throws {
        let folder = try Scratch()
        try folder.write(speech, to: "in/a.wav")
        try folder.write(speech, to: "other/b.wav")
        try folder.makeFolder("in/deep")
        for (link, target) in [("in/deep/up", ".."), ("in/here", "."), ("in/other", "../other")] {
            try FileManager.default.createSymbolicLink(atPath: folder.path(link), withDestinationPath: target)
        }
        let outcome = try Tool.run("enhance", "in", "-o", "out", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(folder.files.filter { $0.hasPrefix("out") } == ["out/a.wav", "out/other/b.wav"])
    }

    /// CASES C68, C10: two names of one recording, and outputs that are links to inputs.
    @Test func namesOfOneFile() throws {
        let folder = try Scratch()
        try folder.write(speech, to: "a.wav")
        try folder.write(speech.reversed(), to: "b.wav")
        try folder.makeFolder("out")
        try FileManager.default.createSymbolicLink(atPath: folder.path("out/b.wav"), withDestinationPath: "../a.wav")
        let before = try folder.bytes("a.wav")
        let outcome = try Tool.run("enhance", "a.wav", "b.wav", "-o", "out", in: folder)
        #expect(outcome.code == 1 && outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("b.wav") && outcome.errors.contains("a.wav"))
        #expect(try folder.bytes("a.wav") == before)
        let twice = try Tool.run("enhance", "a.wav", "./a.wav", "-o", "out", in: folder)
        #expect(twice.code == 1 && twice.errors.contains("a.wav"))
    }
}
