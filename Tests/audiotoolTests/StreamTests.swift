import AudioDSP
import Foundation
import TestSupport
import Testing

/// Standard input and output, quietness, and being interrupted.
@Suite struct StreamTests {
    @Test func pipeGivesWhatTheFileGives() throws {
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(40_000)), to: "in.wav")
        #expect(try Tool.run("enhance", "in.wav", "-o", "o.wav", in: folder).code == 0)
        var bytes = try folder.bytes("in.wav")
        // As ffmpeg writes it to a pipe: without lengths.
        bytes.replaceSubrange(4..<8, with: little(.max))
        bytes.replaceSubrange(40..<44, with: little(.max))
        let outcome = try Tool.run(["enhance", "-", "-o", "-"], in: folder, input: Data(bytes))
        #expect(outcome.code == 0, "\(outcome.errors)")
        try folder.write([UInt8](outcome.output), to: "piped.wav")
        #expect(try folder.read("piped.wav") == folder.read("o.wav"))
        let implied = try Tool.run(["enhance", "-"], in: folder, input: Data(bytes))
        #expect(implied.output == outcome.output)
    }

    @Test func brokenPipeInput() throws {
        let folder = try Scratch()
        let outcome = try Tool.run(["enhance", "-", "-o", "o.wav"], in: folder, input: Data("no sound".utf8))
        expectRefusal(outcome, saying: "standard input", leaving: folder, files: [])
    }

    @Test func readerThatGoesAway() throws {
        let folder = try Scratch()
        try folder.write(Sounds.noisySpeech + Sounds.noisySpeech, to: "in.wav")
        let outcome = try Tool.run(
            ["-c", "\"$0\" enhance in.wav -o - | head -c 100 >/dev/null; exit ${PIPESTATUS[0]}", Tool.path],
            program: "/bin/bash", in: folder)
        #expect(outcome.code == 1 || outcome.code == 0)
        #expect(outcome.errorLines.count <= 1)
    }

    @Test func quietSaysNothing() throws {
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in.wav")
        let quiet = try Tool.run("enhance", "in.wav", "-o", "o.flac", "--quiet", in: folder)
        #expect(quiet.code == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
        let verbose = try Tool.run("enhance", "in.wav", "-o", "o.flac", "--verbose", in: folder)
        #expect(verbose.errors.contains("steps") && verbose.errors.contains("seed"))
        // No control characters where there is no terminal.
        #expect(!verbose.errors.contains("\u{1B}") && !verbose.errors.contains("\r"))
        let failed = try Tool.run("enhance", "none.wav", "--quiet", in: folder)
        #expect(failed.code == 1 && failed.errorLines.count == 1)
    }

    /// Ctrl-C: exit code 130, finished files stay, nothing half-written; then --skip-existing goes on (CASES C68).
    @Test(arguments: [SIGINT, SIGTERM]) func interruption(_ signal: Int32) throws {
        let folder = try Scratch()
        let minute = (0..<20).flatMap { _ in Sounds.noisySpeech }
        try folder.write(Array(Sounds.noisySpeech.prefix(4_000)), to: "in/a.wav")
        try folder.write(minute, to: "in/b.wav")
        let running = try Tool.Running(
            ["enhance", "in", "-o", "out"], program: Tool.path, in: folder, input: nil, environment: ["AUDIOTOOL_THREADS": "1"])
        let deadline = Date() + 60
        while !folder.files.contains(where: { $0.hasSuffix(".partial") && $0.contains("b.wav") }), Date() < deadline {
            usleep(5_000)
        }
        kill(running.process.processIdentifier, signal)
        let outcome = try running.wait()
        #expect(outcome.code == 130 && !outcome.wasKilled, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains("Interrupted"))
        #expect(folder.files == ["in/a.wav", "in/b.wav", "out/a.wav"])
        let bytes = try folder.bytes("out/a.wav")
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in/b.wav")
        let rest = try Tool.run("enhance", "in", "-o", "out", "--skip-existing", in: folder)
        #expect(rest.code == 0)
        #expect(try folder.bytes("out/a.wav") == bytes)
        #expect(try folder.read("out/b.wav").frameCount == 8_000)
    }
}
