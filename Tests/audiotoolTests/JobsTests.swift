import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// `--jobs`: recordings side by side. What comes out does not depend on it.
@Suite struct JobsTests {
    private func speech(_ start: Int, _ count: Int) -> [Float] { Array(Sounds.noisySpeech[start..<start + count]) }

    /// Nine recordings of several kinds and a broken one.
    private func fill(_ folder: Scratch) throws {
        for index in 0..<6 { try folder.write(speech(index * 2_000, 4_000 + 1_500 * index), to: "in/\(index % 3)/\(index).wav") }
        try folder.write(
            AudioBuffer(channels: [speech(0, 9_000), speech(9_000, 9_000)], sampleRate: 44_100), to: "in/stereo.flac")
        try folder.write(Sounds.noise(3_000, level: 0.1), rate: 8_000, to: "in/low.wav")
        try folder.write([Float](repeating: 0, count: 2_000), to: "in/silence.wav")
        try folder.write(Array("no sound".utf8), to: "in/text.wav")
    }

    private func results(_ json: JSONValue) throws -> [[String?]] {
        try #require(json["files"].array).map { file in
            ["input", "output", "status", "error"].map { file[$0].string }
                + ["frames", "channels", "sampleRate"].map { file[$0].int.map(String.init) }
        }
    }

    @Test(arguments: ["enhance", "dereverb"]) func bytesAndAccountAreTheSame(_ command: String) throws {
        let folder = try Scratch()
        try fill(folder)
        var accounts: [[[String?]]] = []
        for jobs in ["1", "2", "64"] {
            let outcome = try Tool.run(
                [command, "in", "-o", "out", "--json", "--jobs", jobs, "--threads", "4"], in: folder)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("in/text.wav is not an audio file"))
            #expect(outcome.errorLines.last == "Error: 1 of 10 recordings failed: in/text.wav")
            let json = try JSONValue(parsing: outcome.text)
            #expect(json["enhanced"].int == 9 && json["failed"].int == 1 && json["skipped"].int == 0)
            accounts.append(try results(json))
            try FileManager.default.moveItem(atPath: folder.path("out"), toPath: folder.path("out\(jobs)"))
        }
        #expect(accounts[0] == accounts[1] && accounts[0] == accounts[2])
        // In the order of the inputs, not of their completion.
        let inputs = accounts[0].compactMap { $0[0] }
        #expect(inputs == inputs.sorted() && inputs.count == 10)
        let names = folder.files.filter { $0.hasPrefix("out1/") }.map { String($0.dropFirst("out1/".count)) }
        #expect(names.count == 9)
        for jobs in ["2", "64"] {
            #expect(folder.files.filter { $0.hasPrefix("out\(jobs)/") }.map { $0.split(separator: "/", maxSplits: 1)[1] } == names.map { $0[...] })
            for name in names { #expect(try folder.bytes("out1/\(name)") == folder.bytes("out\(jobs)/\(name)"), "\(name)") }
        }
    }

    /// Every finished recording has its line, and the last line counts them.
    @Test(arguments: [1, 3]) func linesAndSummary(_ jobs: Int) throws {
        let folder = try Scratch()
        for index in 0..<4 { try folder.write(speech(0, 4_000), to: "in/\(index).wav") }
        try folder.write(speech(0, 100), to: "out/1.wav")
        let outcome = try Tool.run("enhance", "in", "-o", "out", "--skip-existing", "--jobs", "\(jobs)", "--threads", "3", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.count == 4)
        for index in [0, 2, 3] { #expect(lines.contains { $0.hasPrefix("in/\(index).wav → out/\(index).wav") }) }
        #expect(lines.last?.hasPrefix("4 recordings: 3 cleaned, 1 skipped; ") == true, "\(outcome.text)")
        #expect(outcome.errors.contains("out/1.wav is there already: skipped"))
        let quiet = try Tool.run("enhance", "in", "-o", "quiet", "--quiet", "--jobs", "\(jobs)", in: folder)
        #expect(quiet.code == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
        let single = try Tool.run("enhance", "in/0.wav", "-o", "single.wav", "--jobs", "\(jobs)", in: folder)
        #expect(single.code == 0 && single.text.split(separator: "\n").count == 1)
    }

    /// Ctrl-C while several recordings are at work: none of them is left half-written, and `--skip-existing` goes on.
    @Test(arguments: [SIGINT, SIGTERM]) func interruption(_ signal: Int32) throws {
        let folder = try Scratch()
        let minutes = (0..<40).flatMap { _ in Sounds.noisySpeech }
        try folder.write(speech(0, 4_000), to: "in/a.wav")
        for name in ["b", "c", "d"] { try folder.write(minutes, to: "in/\(name).wav") }
        let running = try Tool.Running(
            ["enhance", "in", "-o", "out", "--jobs", "2", "--json"], program: Tool.path, in: folder, input: nil,
            environment: ["AUDIOTOOL_THREADS": "2"])
        func isAtWork(_ name: String) -> Bool { folder.files.contains { $0.hasSuffix(".partial") && $0.contains("\(name).wav") } }
        let deadline = Date() + 60
        while !(isAtWork("b") && isAtWork("c") && folder.files.contains("out/a.wav")), Date() < deadline { usleep(2_000) }
        kill(running.process.processIdentifier, signal)
        let outcome = try running.wait()
        #expect(outcome.code == 130 && !outcome.wasKilled, "\(outcome.errors)")
        #expect(outcome.errors == "Interrupted: 1 written, 3 left, nothing half-written.\n")
        #expect(folder.files == ["in/a.wav", "in/b.wav", "in/c.wav", "in/d.wav", "out/a.wav"])
        let json = try JSONValue(parsing: outcome.text)
        #expect(json["files"].array?.count == 1 && json["enhanced"].int == 1)
        for name in ["b", "c", "d"] { try folder.write(speech(0, 8_000), to: "in/\(name).wav") }
        let rest = try Tool.run("enhance", "in", "-o", "out", "--skip-existing", "--jobs", "2", in: folder)
        #expect(rest.code == 0 && rest.errorLines.count == 1, "\(rest.errors)")
        for name in ["b", "c", "d"] { #expect(try folder.read("out/\(name).wav").frameCount == 8_000) }
    }

    /// A second Ctrl-C does not wait for the work, and leaves no unfinished file either.
    @Test func impatience() throws {
        let folder = try Scratch()
        let minutes = (0..<60).flatMap { _ in Sounds.noisySpeech }
        for name in ["a", "b"] { try folder.write(minutes, to: "in/\(name).wav") }
        let running = try Tool.Running(
            ["enhance", "in", "-o", "out", "--jobs", "2"], program: Tool.path, in: folder, input: nil,
            environment: ["AUDIOTOOL_THREADS": "2"])
        let deadline = Date() + 60
        while folder.files.count(where: { $0.hasSuffix(".partial") }) < 2, Date() < deadline { usleep(2_000) }
        for _ in 0..<2 {
            kill(running.process.processIdentifier, SIGINT)
            usleep(100_000)
        }
        let outcome = try running.wait()
        #expect(outcome.code == 130 && !outcome.wasKilled && outcome.errorLines.count <= 1, "\(outcome.errors)")
        #expect(folder.files == ["in/a.wav", "in/b.wav"])
    }

    /// In place: every recording is replaced as a whole, also beside others.
    @Test func inPlace() throws {
        let folder = try Scratch()
        for index in 0..<5 { try folder.write(speech(index * 1_000, 6_000), to: "in/\(index).wav") }
        #expect(try Tool.run("enhance", "in", "-o", "out", in: folder).code == 0)
        #expect(try Tool.run("enhance", "in", "-o", "in", "--jobs", "3", "--threads", "3", in: folder).code == 0)
        for index in 0..<5 { #expect(try folder.bytes("in/\(index).wav") == folder.bytes("out/\(index).wav")) }
        #expect(folder.files.count == 10)
    }

    @Test(arguments: ["0", "-1", "257", "two"]) func countsThatCannotBe(_ jobs: String) throws {
        let folder = try Scratch()
        try folder.write(speech(0, 4_000), to: "in.wav")
        let outcome = try Tool.run("enhance", "in.wav", "-o", "o.wav", "--jobs", jobs, in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains("--jobs") || outcome.errors.contains("jobs"))
        #expect(folder.files == ["in.wav"])
    }

    /// On a terminal one line is rewritten; it names what is at work and fits the width.
    @Test(arguments: [1, 2]) func progressOnATerminal(_ jobs: Int) throws {
        let script = "/usr/bin/script"
        guard FileManager.default.isExecutableFile(atPath: script) else { return }
        let folder = try Scratch()
        // Long enough that percentages are due on a quick machine.
        for name in ["a", "b"] { try folder.write((0..<20).flatMap { _ in Sounds.noisySpeech }, to: "in/\(name).wav") }
        let command = "stty cols 40; '\(Tool.path)' enhance in -o out --jobs \(jobs) --threads 2"
        let outcome = try Tool.run(["-q", "-e", "-c", command, "/dev/null"], program: script, in: folder)
        #expect(outcome.code == 0, "\(outcome.text)")
        let updates = outcome.text.components(separatedBy: "\r\u{1B}[K").dropFirst().map { $0.prefix { $0 != "\r" && $0 != "\n" } }
        #expect(updates.contains { $0.hasPrefix(jobs == 1 ? "[1/2] in/a.wav" : "[0/2]  a.wav") && $0.contains("%") }, "\(updates)")
        #expect(updates.allSatisfy { $0.count < 40 || $0.contains("→") || $0.contains("recordings") }, "\(updates)")
    }
}
