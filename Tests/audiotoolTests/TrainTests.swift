import AudioDSP
import Foundation
import Testing

/// `audiotool train enhancer`, from the folders of recordings to a model that `enhance` takes.
@Suite(.serialized) struct TrainTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        for speaker in 0..<3 {
            for take in 0..<2 {
                let part = Sounds.cleanSpeech.dropFirst(4000 * (2 * speaker + take)).prefix(24_000)
                try scratch.write(Array(part), to: "speech/s\(speaker)/\(take).wav")
            }
        }
        for noise in 0..<3 {
            try scratch.write(Sounds.noise(32_000, level: 0.05, seed: UInt64(noise + 1)), to: "noise/\(noise).wav")
        }
        try scratch.write(Array(#"""
            {"model": {"network": {"channels": 8, "hidden": 4, "blocks": 1, "embedding": 8}},
             "mixtures": {"seconds": 0.5},
             "optimization": {"steps": 40, "batchSize": 2, "warmUpSteps": 4, "averageDecay": 0.9},
             "validation": {"every": 10, "mixtures": 1, "seconds": 1, "heldOut": 0.3},
             "checkpoints": {"steps": 5}}
            """#.utf8), to: "tiny.json")
    }

    private func arguments(_ run: String, _ more: [String] = []) -> [String] {
        ["train", "enhancer", "--speech", "speech", "--noise", "noise", "--config", "tiny.json", "--output", run] + more
    }

    private func log(_ run: String) -> String {
        (try? String(contentsOfFile: scratch.path("\(run)/log.jsonl"), encoding: .utf8)) ?? ""
    }

    /// Runs until the log has `lines` lines, then sends a signal.
    private func train(_ run: String, untilLine lines: Int, then signal: Int32) throws -> Tool.Outcome {
        let running = try Tool.Running(arguments(run), program: Tool.path, in: scratch, input: nil, environment: [:])
        let deadline = Date(timeIntervalSinceNow: 300)
        while log(run).split(separator: "\n").count < lines, running.process.isRunning, Date() < deadline {
            Thread.sleep(forTimeInterval: 0.005)
        }
        kill(running.process.processIdentifier, signal)
        return try running.wait()
    }

    @Test func resumesBitForBitAfterKillAndAfterInterrupts() throws {
        let whole = try Tool.run(arguments("whole"), in: scratch)
        #expect(whole.code == 0, "\(whole.errors)")
        #expect(log("whole").split(separator: "\n").count == 44) // 40 steps, 4 validations

        #expect(try train("parts", untilLine: 13, then: SIGKILL).wasKilled)
        let interrupted = try Tool.run(arguments("parts", ["--resume", "--minutes", "0.0001"]), in: scratch)
        #expect(interrupted.code == 0 && interrupted.errors.contains("time is up"), "\(interrupted.errors)")
        let end = try Tool.run(arguments("parts", ["--resume", "--threads", "1"]), in: scratch)
        #expect(end.code == 0 && end.errors.contains("resuming after step"), "\(end.errors)")
        #expect(log("parts") == log("whole"))
        for file in ["model.safetensors", "best.safetensors"] {
            #expect(try scratch.bytes("parts/\(file)") == scratch.bytes("whole/\(file)"))
        }

        let tuned = try Tool.run(arguments("tuned", ["--init", "whole/best.safetensors", "--steps", "1"]), in: scratch)
        #expect(tuned.code == 0, "\(tuned.errors)")

        try scratch.write(Sounds.noisySpeech, to: "noisy.wav")
        let enhanced = try Tool.run(
            ["enhance", "noisy.wav", "-o", "clean.wav", "--model", "whole/model.safetensors"], in: scratch)
        #expect(enhanced.code == 0, "\(enhanced.errors)")
        #expect(try scratch.read("clean.wav").frameCount == Sounds.noisySpeech.count)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func savesWhenInterrupted(signal: Int32) throws {
        let outcome = try train("run", untilLine: 7, then: signal)
        #expect(outcome.code == 130 && !outcome.wasKilled, "\(outcome.errors)")
        #expect(outcome.errors.contains("--resume goes on"))
        #expect(scratch.files.contains("run/model.safetensors"))
        #expect(try Tool.run(arguments("run", ["--resume"]), in: scratch).code == 0)
        #expect(log("run").split(separator: "\n").count == 44)
    }

    @Test func saysWhatItResampled() throws {
        try scratch.write(Sounds.resampled(Sounds.cleanSpeech, to: 48_000), rate: 48_000, to: "speech/s9/high.flac")
        try scratch.write(Sounds.resampled(Sounds.noise(32_000, level: 0.1), to: 44_100), rate: 44_100, to: "noise/cd.wav")
        let outcome = try Tool.run(arguments("run", ["--steps", "1", "--seed", "3"]), in: scratch)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("48 kHz → 16 kHz, 1 file"))
        #expect(outcome.errors.contains("44.1 kHz → 16 kHz, 1 file") || outcome.errors.contains("validation noise: 44.1"))
    }

    @Test func refusesFoldersThatWillNotDo() throws {
        func refuse(_ speech: String, _ noise: String, _ words: String...) throws {
            let outcome = try Tool.run(
                ["train", "enhancer", "--speech", speech, "--noise", noise, "--output", "run", "--quiet"], in: scratch)
            #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome.errors)")
            for word in words { #expect(outcome.errors.contains(word), "\(word) is missing in: \(outcome.errors)") }
            #expect(!scratch.files.contains { $0.hasPrefix("run/") }, "files were left")
        }
        try scratch.makeFolder("empty")
        try scratch.write(Array("not audio".utf8), to: "empty.txt")
        try scratch.makeFolder("broken")
        try scratch.write(Array("not audio either".utf8), to: "broken/a.wav")
        try scratch.write(Array(Sounds.cleanSpeech.prefix(8000)), to: "short/a/1.wav")
        try scratch.write(Array(Sounds.cleanSpeech.prefix(8000)), to: "short/b/1.wav")
        try refuse("nowhere", "noise", "nowhere", "no speech folder")
        try refuse("empty", "noise", "empty")
        try refuse("empty.txt", "noise", "empty.txt", "is a file")
        try refuse("broken", "noise", "None of the 1 audio files", "a.wav")
        try refuse("short", "noise", "short", "are needed")
        try refuse("speech", "nowhere", "no noise folder")
    }

    @Test func trainsADereverberatorWithAndWithoutNoise() throws {
        let common = ["train", "dereverb", "--speech", "speech", "--config", "tiny.json", "--rooms", "2", "--steps", "2"]
        for (run, more) in [("dry", []), ("noisy", ["--noise", "noise"])] {
            let outcome = try Tool.run(common + ["--output", run] + more, in: scratch)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("rooms: 2, reverberation times"))
            #expect(outcome.errors.contains("noise:") == !more.isEmpty)
            let info = try Tool.run(["info", "\(run)/best.safetensors"], in: scratch)
            #expect(info.text.contains("speech-dereverberator"), "\(info.text)")
        }
        let other = try Tool.run(["enhance", "noise/0.wav", "-o", "o.wav", "--model", "noisy/best.safetensors"], in: scratch)
        #expect(other.code == 1 && other.errors.contains("dereverberator") && !scratch.files.contains("o.wav"), "\(other.errors)")
        #expect(try Tool.run(common + ["--output", "none", "--rooms", "0"], in: scratch).code == 64)
        #expect(try Tool.run(common + ["--output", "none", "--valid-noise", "noise"], in: scratch).code == 64)
    }

    /// An enhancer is tuned for rewards of recordings and of sets, and resumes.
    @Test(arguments: ["loudness", "vendi"]) func tunesAnEnhancerForRewards(_ reward: String) throws {
        try scratch.write(Array(#"""
            {"mixtures": {"seconds": 0.5}, "loss": {"candidates": 2}, "optimization": {"batchSize": 2},
             "validation": {"every": 1, "mixtures": 2, "seconds": 1, "heldOut": 0.3}}
            """#.utf8), to: "tune.json")
        let common = ["tune", "--speech", "speech", "--noise", "noise", "--reward", reward, "--config", "tune.json", "--output", "run"]
        let outcome = try Tool.run(common + ["--rounds", "2"], in: scratch)
        #expect(outcome.code == 0 && outcome.errors.contains("reward "), "\(outcome.errors)")
        let lines = log("run").split(separator: "\n")
        #expect(lines.count == 4 && lines[3].contains("\"reward\""), "\(lines)")
        let again = try Tool.run(common + ["--rounds", "2", "--resume"], in: scratch)
        #expect(again.code == 0 && !again.errors.contains("differ"), "\(again.errors)")
        let other = try Tool.run(common.map { $0 == reward ? "clipping" : $0 } + ["--rounds", "2", "--resume"], in: scratch)
        #expect(other.code == 0 && other.errors.contains("differ"), "\(other.errors)")
        let enhanced = try Tool.run(["enhance", "noise/0.wav", "-o", "o.wav", "--model", "run/model.safetensors"], in: scratch)
        #expect(enhanced.code == 0, "\(enhanced.errors)")
        for wrong in [["--measure", "pesq"], ["--prompts", "tune.json"], ["--gold", "tune.json"]] {
            #expect(try Tool.run(common + wrong, in: scratch).code == 64)
        }
        #expect(try Tool.run(["tune", "--speech", "speech", "--reward", reward, "--output", "run"], in: scratch).code == 64)
        #expect(try Tool.run(["tune", "--speech", "speech", "--noise", "noise", "--output", "run"], in: scratch).code == 64)
    }

    @Test func refusesWhatMakesNoSense() throws {
        func refuse(_ more: [String], code: Int32, _ words: String...) throws {
            let outcome = try Tool.run(arguments("run", more), in: scratch)
            #expect(outcome.code == code, "\(more): \(outcome.errors)")
            for word in words { #expect(outcome.errors.contains(word), "\(word) is missing in: \(outcome.errors)") }
        }
        try scratch.write(Array(#"{"optimization": {"lerning": 1}}"#.utf8), to: "wrong.json")
        try refuse(["--config", "wrong.json"], code: 1, "wrong.json", "optimization.lerning")
        for (settings, word) in [
            (#"{"loss": {"complex": -1}}"#, "loss.complex"), (#"{"loss": {"envelopes": 1e30}}"#, "loss.envelopes"),
            (#"{"model": {"sampleRate": 0}}"#, "sampleRate"), (#"{"model": {"defaultSteps": 0}}"#, "defaultSteps"),
            (#"{"model": {"transform": {"nFFT": 0}}}"#, "bins"), (#"{"model": {"network": {"hidden": 1000000000}}}"#, "hidden"),
            (#"{"model": {"network": {"bins": 5}}}"#, "bins"), (#"{"model": {"transform": {"hopLength": 0}}}"#, "hop"),
        ] {
            try scratch.write(Array(settings.utf8), to: "out_of_range.json")
            try refuse(["--config", "out_of_range.json"], code: 1, word)
        }
        try refuse(["--config", "absent.json"], code: 1, "absent.json")
        try refuse(["--resume"], code: 1, "no run to resume")
        try refuse(["--steps", "0"], code: 64, "--steps")
        try refuse(["--rooms=-1"], code: 64, "--rooms")
        try refuse(["--init", "absent.safetensors"], code: 1, "absent.safetensors")
    }
}
