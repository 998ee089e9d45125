import AudioDSP
import Foundation
import Testing

/// `audiotool stream`: CASES C29 to C31 with the built program, and what may go wrong.
@Suite struct StreamCommandTests {
    private let folder: Scratch
    private let environment: [String: String]
    private let speech = Array(Sounds.noisySpeech.prefix(20_000))

    init() throws {
        folder = try Scratch()
        environment = try TinyTargetModels.install(in: folder)
    }

    private struct Report: Decodable {
        var framesIn: Int, framesOut: Int, latencyFrames: Int, trailingBytes: Int, nonFiniteSamples: Int
        var ending: String, sampleRate: Int, latencyMilliseconds: Double
    }

    private func stream(_ arguments: [String], input: Data) throws -> Tool.Outcome {
        try Tool.run(["stream"] + arguments, in: folder, input: input, environment: environment)
    }

    private func report(_ outcome: Tool.Outcome) throws -> Report {
        // On standard error while the sound takes standard output.
        let line = try #require(outcome.errorLines.last ?? outcome.text.split(separator: "\n").last, "\(outcome.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(line.utf8))
    }

    private func floats(_ samples: [Float]) -> Data { samples.withUnsafeBytes { Data($0) } }
    private func floats(_ data: Data) -> [Float] { data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }

    @Test(arguments: [["enhance"], ["extract", "--voice", "a.voice"]]) func rawSamples(_ command: [String]) throws {
        let raw = ["--format", "f32le", "--rate", "16000"]
        let late = try stream(command + raw + ["--json"], input: floats(speech))
        #expect(late.code == 0, "\(late.errors)")
        let report = try report(late), output = floats(late.output)
        #expect(report.framesIn == speech.count && report.framesOut == speech.count && output.count == speech.count)
        #expect(report.ending == "end of input" && report.latencyMilliseconds < 32)
        #expect(output.allSatisfy(\.isFinite) && power(output) > 0)
        let inTime = try stream(command + raw + ["--json", "--compensate"], input: floats(speech))
        #expect(floats(inTime.output).prefix(speech.count - report.latencyFrames) == output.dropFirst(report.latencyFrames))
        #expect(inTime.output.count == late.output.count)
        #expect(try self.report(inTime).latencyFrames == 0)
    }

    /// Any rate, any number of channels, any form: as many frames of the same form.
    @Test(arguments: [(44_100, 2, "s16le", 2), (48_000, 1, "s24le", 3), (8_000, 3, "u8", 1), (22_050, 1, "f64be", 8)])
    func forms(_ rate: Int, _ channels: Int, _ format: String, _ bytes: Int) throws {
        let frames = 9_001, input = Data((0..<frames * channels * bytes).map { UInt8(truncatingIfNeeded: bytes == 8 ? 0 : $0 &* 37 >> 3) })
        let outcome = try stream(
            ["enhance", "--format", format, "--rate", "\(rate)", "--channels", "\(channels)", "--json"], input: input + Data([9]).prefix(bytes > 1 ? 1 : 0))
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.count == input.count)
        let report = try report(outcome)
        #expect(report.framesIn == frames && report.framesOut == frames && report.trailingBytes == (bytes > 1 ? 1 : 0))
    }

    @Test func waveStaysWave() throws {
        try folder.write(speech, rate: 44_100, to: "in.wav")
        let outcome = try stream(["enhance"], input: Data(folder.bytes("in.wav")))
        #expect(outcome.code == 0, "\(outcome.errors)")
        try folder.write([UInt8](outcome.output), to: "out.wav")
        let output = try folder.read("out.wav")
        #expect(output.sampleRate == 44_100 && output.frameCount == speech.count)
        let file = try Tool.run(["stream", "enhance", "--input", "in.wav", "-o", "file.wav"], in: folder, environment: environment)
        #expect(file.code == 0 && file.output.isEmpty, "\(file.errors)")
        #expect(try folder.read("file.wav") == output)
    }

    /// Half the effect is half of both, in time.
    @Test func strength() throws {
        let raw = ["--format", "f32le", "--rate", "16000", "--compensate", "--quiet"]
        func run(_ strength: String) throws -> [Float] {
            floats(try stream(["enhance", "--strength", strength] + raw, input: floats(speech)).output)
        }
        #expect(try run("0") == speech)
        let (full, half) = (try run("1"), try run("0.5"))
        #expect(zip(half, zip(full, speech)).allSatisfy { abs($0 - ($1.0 + $1.1) / 2) < 1e-4 })
    }

    @Test func readerThatGoesAway() throws {
        try folder.write((0..<40).flatMap { _ in Sounds.noisySpeech }, to: "in.wav")
        let outcome = try Tool.run(
            ["-c", "\"$0\" stream enhance --input in.wav | head -c 5000 >/dev/null; exit ${PIPESTATUS[0]}", Tool.path],
            program: "/bin/bash", in: folder, environment: environment)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("closed by its reader") && outcome.errors.contains("frames in"))
    }

    @Test(arguments: [SIGINT, SIGTERM]) func interruption(_ signal: Int32) throws {
        let pipe = folder.path("pipe")
        mkfifo(pipe, 0o600)
        let running = try Tool.Running(
            ["stream", "enhance", "--input", "pipe", "-o", "out.raw", "--format", "f32le", "--rate", "16000", "--json"],
            program: Tool.path, in: folder, input: nil, environment: environment)
        let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: pipe))
        try writer.write(contentsOf: floats(speech))
        let deadline = Date() + 30
        while (try? folder.bytes("out.raw").count) ?? 0 < 4 * speech.count, Date() < deadline { usleep(10_000) }
        kill(running.process.processIdentifier, signal)
        let outcome = try running.wait()
        try writer.close()
        #expect(outcome.code == 130 && !outcome.wasKilled, "\(outcome.errors)")
        let report = try report(outcome)
        #expect(report.ending == "stopped" && report.framesOut == speech.count)
    }

    @Test func refusals() throws {
        func refuse(_ arguments: [String], input: Data = Data(), saying words: String...) throws {
            let outcome = try stream(arguments, input: input)
            // Of raw samples the first few are on their way before they are judged.
            #expect(outcome.code == 1 && outcome.errorLines.count <= 2 && outcome.output.count < 2_000, "\(outcome.errors)")
            for word in words { #expect(outcome.errors.contains(word), "\(word) is missing in: \(outcome.errors)") }
        }
        try refuse(["enhance"], saying: "standard input is empty")
        try refuse(["enhance"], input: Data("no header, no format".utf8), saying: "--format")
        try refuse(["enhance", "--input", "none.wav"], saying: "none.wav")
        let integers = (0..<4_000).map { Float($0 * 8 - 16_000) }
        try refuse(["enhance", "--format", "f32le", "--rate", "16000"], input: floats(integers), saying: "--format")
        let wave = try wave
        try refuse(["extract", "--voice", "none.voice"], input: wave, saying: "none.voice")
        try refuse(["enhance", "--model", "tiny-extractor"], input: wave, saying: "tiny-extractor")
        try refuse(["enhance", "--input-device", "no such thing"], saying: "device")
        try refuse(["enhance", "--input", "a.wav", "-o", "a.wav"], saying: "a.wav")
        // A voice of another size.
        let text = try String(contentsOfFile: folder.path("a.voice"), encoding: .utf8)
        try text.replacingOccurrences(of: "\"vector\":[", with: "\"vector\":[0,").write(toFile: folder.path("b.voice"), atomically: true, encoding: .utf8)
        try refuse(["extract", "--voice", "b.voice"], input: wave, saying: "b.voice")
    }

    private var wave: Data {
        get throws {
            try folder.write(Array(speech.prefix(2_000)), to: "a.wav")
            return Data(try folder.bytes("a.wav"))
        }
    }

    @Test func numbersThatAreNone() throws {
        var samples = speech
        (samples[100], samples[9_000]) = (.nan, -.infinity)
        let outcome = try stream(["enhance", "--format", "f32le", "--rate", "16000", "--json"], input: floats(samples))
        #expect(outcome.code == 0)
        #expect(try report(outcome).nonFiniteSamples == 2)
        let output: [Float] = floats(outcome.output)
        #expect(output.allSatisfy { $0.isFinite })
    }

    @Test(arguments: [
        ["stream", "enhance", "--format", "s16le"], ["stream", "enhance", "--format", "mp3", "--rate", "16000"],
        ["stream", "enhance", "--strength", "2"], ["stream", "enhance", "--channels", "0"], ["stream", "extract"],
        ["stream", "enhance", "--input", "x", "--input-device", "y"], ["stream", "enhance", "--compensate", "--output-device", "x"],
    ])
    func usage(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.code == 64 && outcome.errors.hasPrefix("Error: "), "\(outcome.code) \(outcome.errors)")
    }

    /// Minutes at 44.1 kHz: as many frames, no more memory in the end than in the beginning.
    @Test func minutes() throws {
        let minute = 44_100 * 60, block = Sounds.noise(minute, level: 0.1)
        func peak(_ minutes: Int) throws -> Int {
            let pipe = folder.path("pipe")
            mkfifo(pipe, 0o600)
            let running = try Tool.Running(
                ["stream", "enhance", "--input", "pipe", "-o", "\(minutes).raw", "--format", "f32le", "--rate", "44100", "--json"],
                program: Tool.path, in: folder, input: nil, environment: environment)
            let sound = floats(block)
            DispatchQueue.global().async {
                guard let writer = FileHandle(forWritingAtPath: pipe) else { return }
                for _ in 0..<minutes { try? writer.write(contentsOf: sound) }
                try? writer.close()
            }
            let memory = running.peakMemory(), outcome = try running.wait()
            #expect(outcome.code == 0, "\(outcome.errors)")
            let report = try report(outcome)
            #expect(report.framesIn == minutes * minute && report.framesOut == minutes * minute)
            let size = try FileManager.default.attributesOfItem(atPath: folder.path("\(minutes).raw"))[.size] as? Int
            #expect(size == minutes * minute * 4)
            return memory
        }
        let (short, long) = (try peak(1), try peak(4))
        #expect(long < short + 8 << 20, "\(short) bytes for one minute, \(long) for four")
    }
}
