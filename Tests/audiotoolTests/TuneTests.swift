import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// Tuning of a tiny model with random weights from the command line. CASES C56 to C65.
@Suite struct TuneTests {
    private static let fixture = Fixture.all(in: "music").first { $0.folder.lastPathComponent == "tiny-musicgen" }!

    private func run(_ arguments: [String], in folder: Scratch) throws -> Tool.Outcome {
        try Tool.run(arguments, in: folder, environment: ["AUDIOTOOL_MODELS": folder.path("models")])
    }

    private func tune(_ arguments: String..., in folder: Scratch) throws -> Tool.Outcome {
        try run(["tune", "--prompts", "prompts.txt", "--duration", "0.4", "--prompts-per-round", "2"] + arguments, in: folder)
    }

    /// A folder with the tiny model, prompts and a file of rewards.
    private func prepared() throws -> Scratch {
        let folder = try Scratch()
        let outcome = try run(["models", "import", Self.fixture.folder.path, "--name", "tiny"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let prompts = (1...10).map { "tune number \($0), 120 bpm" }.joined(separator: "\n")
        try folder.write(Array((prompts + "\n").utf8), to: "prompts.txt")
        try folder.write(Array("rewards: [{reward: loudness, target: -10}]\n".utf8), to: "loud.yaml")
        try folder.write(Array("rewards: [{reward: clipping}]\n".utf8), to: "gold.yaml")
        return folder
    }

    private func lines(_ folder: Scratch, _ file: String) throws -> [JSONValue] {
        try String(decoding: folder.bytes(file), as: UTF8.self).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    @Test func runModelReportAndPlot() throws {
        let folder = try prepared()
        let outcome = try tune(
            "--reward", "loud.yaml", "--gold", "gold.yaml", "--output", "run", "--rounds", "3", "--eval-every", "1", "--top-k", "9", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("held out, round 3") && outcome.errors.contains("gold clipping"))
        let log = try lines(folder, "run/log.jsonl")
        #expect(log.count == 3 + 4)
        #expect(log[0]["measurement"]["divergence"].double == 0 && log[0]["measurement"]["rewards"]["loud"]["winRate"].double == 0.5)
        for line in log.dropFirst() where line["measurement"].object != nil {
            #expect(line["measurement"]["divergence"].double ?? -1 > 0)
        }
        let page = String(decoding: try folder.bytes("run/report.html"), as: UTF8.self)
        #expect(page.contains("report_files/1-before.flac") && page.contains("gold clipping"))
        #expect(try folder.read("run/report_files/1-after.flac").frameCount > 0)
        let made = try run(["generate", "x", "--model", "run/model.safetensors", "--seed", "1", "--duration", "0.2", "-o", "a.wav"], in: folder)
        #expect(made.code == 0, "\(made.errors)")
        // It draws as it was tuned.
        #expect(try run(["info", "run/model.safetensors"], in: folder).text.contains("\"top_k\":9"))
        #expect(try run(["models", "import", "run/best.safetensors", "--name", "tuned"], in: folder).code == 0)
        #expect(try run(["plot", "run", "-o", "curves.png"], in: folder).code == 0)
        // It is there already.
        let again = try tune("--reward", "loud.yaml", "--output", "run", in: folder)
        #expect(again.code == 1 && again.errors.contains("--resume"), "\(again.errors)")
        let changed = try tune("--reward", "loud.yaml", "--output", "run", "--resume", "--beta", "0.3", in: folder)
        #expect(changed.code == 1 && changed.errors.contains("beta") && changed.errors.contains("--model"), "\(changed.errors)")
    }

    /// `kill -9` at any moment: the resumed run has the log and the model of one that was left alone.
    @Test(arguments: ["dragon", "rloo", "ppo"]) func killedRunsResume(_ method: String) throws {
        let folder = try prepared()
        try folder.write(Array(#"{"checkpoints": {"steps": 1, "minutes": 5}}"#.utf8), to: "often.json")
        let arguments = [
            "tune", "--prompts", "prompts.txt", "--duration", "0.4", "--prompts-per-round", "2", "--reward", "loud.yaml", "--method", method,
            "--rounds", "6", "--eval-every", "2", "--config", "often.json", "--no-report", "--eval-count", "4",
        ]
        let whole = try run(arguments + ["--output", "whole"], in: folder)
        #expect(whole.code == 0, "\(whole.errors)")
        let environment = ["AUDIOTOOL_MODELS": folder.path("models")]
        var isStarted = false
        for delay in [0.2, 0.35, 0.6, 0.9] {
            let own = arguments + ["--output", "broken", "--threads", "1"] + (isStarted ? ["--resume"] : [])
            let running = try Tool.Running(own, program: Tool.path, in: folder, input: nil, environment: environment)
            usleep(UInt32(delay * whole.seconds * 1e6))
            kill(running.process.processIdentifier, SIGKILL)
            _ = try running.wait()
            isStarted = isStarted || FileManager.default.fileExists(atPath: folder.path("broken/config.json"))
        }
        let last = try run(arguments + ["--output", "broken"] + (isStarted ? ["--resume"] : []), in: folder)
        #expect(last.code == 0, "\(last.errors)")
        #expect(try folder.bytes("broken/log.jsonl") == folder.bytes("whole/log.jsonl"))
        let models = try ["whole", "broken"].map { try SafeTensorsFile(path: folder.path("\($0)/model.safetensors")) }
        for name in models[0].names where name.hasPrefix("decoder.") {
            #expect(try models[0].tensor(name) == models[1].tensor(name), "\(name)")
        }
    }

    @Test func refusals() throws {
        let folder = try prepared()
        try folder.write([], to: "empty.txt")
        let empty = try run(["tune", "--prompts", "empty.txt", "--reward", "loud.yaml", "--output", "run"], in: folder)
        expectRefusal(empty, saying: "empty.txt", "no text")
        expectRefusal(try tune("--reward", "fad", "--reference", "nothing/", "--output", "run", in: folder), saying: "nothing")
        try folder.write(Array("rewards: [{reward: per-song-fad, reference: gone}]\n".utf8), to: "gone.yaml")
        expectRefusal(try tune("--reward", "gone.yaml", "--output", "run", in: folder), saying: "gone")
        expectRefusal(try tune("--reward", "loud.yaml", "--temperature", "0", "--output", "run", in: folder), saying: "Temperature 0", "learn")
        expectRefusal(try tune("--reward", "loud.yaml", "--samples", "3", "--output", "run", in: folder), saying: "samples", "even")
        expectRefusal(try tune("--reward", "vendi", "--method", "rloo", "--segments", "2", "--output", "run", in: folder), saying: "segments", "sets")
        expectRefusal(try tune("--reward", "tempo", "--output", "run", in: folder), saying: "held-out clip", "tempo")
        #expect(folder.files.allSatisfy { !$0.hasPrefix("run/checkpoint") })
        for arguments in [["--reward", "nonsense"], ["--method", "dpo"], [], ["--reward", "loud.yaml", "--minutes", "0"]] {
            #expect(try run(["tune", "--prompts", "prompts.txt", "--output", "run"] + arguments, in: folder).code == 64, "\(arguments)")
        }
    }

    /// Choices between recordings and between files of codes.
    @Test func preferencesFromFiles() throws {
        let folder = try prepared()
        for name in ["a", "b"] {
            let made = try run(["generate", "x", "--model", "tiny", "--seed", name == "a" ? "1" : "2", "--duration", "0.4", "-o", "\(name).wav"], in: folder)
            #expect(made.code == 0, "\(made.errors)")
        }
        let choices = #"{"prompt": "x", "chosen": "a.wav", "rejected": "b.wav"}"# + "\n" + #"{"prompt": "y", "chosen": "b.wav", "rejected": "a.wav", "margin": 0.2}"#
        try folder.write(Array(choices.utf8), to: "choices.jsonl")
        for method in ["dpo", "kto", "ipo"] {
            let outcome = try tune(
                "--preferences", "choices.jsonl", "--method", method, "--output", method, "--rounds", "2", "--no-report", in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(try lines(folder, "\(method)/log.jsonl")[1]["loss"].double ?? .nan >= 0)
        }
        try folder.write(Array((choices + "\n{\"prompt\": \"x\", \"chosen\": \"a.wav\"}").utf8), to: "short.jsonl")
        expectRefusal(
            try tune("--preferences", "short.jsonl", "--method", "dpo", "--output", "other", in: folder), saying: "short.jsonl, line 3", "rejected")
        try folder.write(Array(#"{"prompt": "x", "chosen": "a.wav", "rejected": "gone.wav"}"#.utf8), to: "gone.jsonl")
        expectRefusal(
            try tune("--preferences", "gone.jsonl", "--method", "dpo", "--output", "other", in: folder), saying: "gone.jsonl, line 1", "gone.wav")
    }

    /// The best of several is a plain clip that its record makes again; steering makes the same clip twice.
    @Test func chosenClips() throws {
        let folder = try prepared()
        func generate(_ arguments: String...) throws -> Tool.Outcome {
            try run(["generate", "x", "--model", "tiny", "--seed", "5", "--duration", "0.4"] + arguments, in: folder)
        }
        let best = try generate("-o", "b.wav", "--best-of", "3", "--reward", "loud.yaml", "--json")
        #expect(best.code == 0, "\(best.errors)")
        let made = try JSONValue(parsing: best.text)[0], rewards = try #require(made["rewards"].doubles)
        #expect(rewards.count == 3 && made["reward"].double == rewards.max())
        #expect(abs(try #require(made["divergenceBound"].double) - (log(3) - 2.0 / 3)) < 1e-12)
        #expect(try run(["generate", "--from", "b.json", "-o", "c.wav"], in: folder).code == 0)
        #expect(try folder.bytes("b.wav") == folder.bytes("c.wav"))
        for name in ["d.wav", "e.wav"] {
            let steered = try generate("-o", name, "--steer", "4", "--steer-every", "0.1", "--steer-strength", "3", "--reward", "loud.yaml")
            #expect(steered.code == 0 && steered.errors.contains("resampled"), "\(steered.errors)")
        }
        #expect(try folder.bytes("d.wav") == folder.bytes("e.wav"))
        #expect(try folder.read("d.wav").frameCount == 12_800)
        #expect(try generate("-o", "f.wav", "--best-of", "1", "--reward", "loud.yaml").code == 64)
        #expect(try generate("-o", "f.wav", "--best-of", "2").code == 64)
        #expect(try generate("-o", "f.wav", "--reward", "loud.yaml").code == 64)
        #expect(try generate("-o", "f.wav", "--best-of", "2", "--steer", "2", "--reward", "loud.yaml").code == 64)
        expectRefusal(try generate("-o", "f.wav", "--best-of", "2", "--reward", "vendi"), saying: "vendi", "sets")
        #expect(!folder.files.contains("f.wav"))
    }

    /// Raters of a known taste, what is learned from them, and the reward that comes of it.
    @Test func simulatedRaters() throws {
        let folder = try prepared()
        func simulate(_ arguments: String...) throws -> Tool.Outcome {
            try run(["preferences", "simulate", "--model", "tiny", "--prompts", "prompts.txt", "--reward", "loud.yaml", "--duration", "0.4"] + arguments, in: folder)
        }
        let made = try simulate("--pairs", "30", "--flips", "0.2", "--output", "choices")
        #expect(made.code == 0 && made.errors.contains("30 choices"), "\(made.errors)")
        let choices = try lines(folder, "choices/choices.jsonl")
        #expect(choices.count == 30 && choices.contains { $0["flipped"].bool == true } && choices.contains { $0["flipped"].bool == false })
        expectRefusal(try simulate("--pairs", "2", "--output", "choices"), saying: "choices", "another folder")
        let learned = try run(["preferences", "train", "choices/choices.jsonl", "-o", "taste.safetensors", "--members", "3", "--json"], in: folder)
        #expect(learned.code == 0, "\(learned.errors)")
        let report = try JSONValue(parsing: learned.text)
        #expect((0...1).contains(try #require(report["accuracy"].double)) && report["heldOutChoices"].int == 6)
        #expect(report["files"].strings == ["taste-1.safetensors", "taste-2.safetensors", "taste-3.safetensors", "taste.yaml"])
        let scored = try run(["score", "choices/00001-a.flac", "--reward", "taste.yaml", "--json"], in: folder)
        #expect(scored.code == 0, "\(scored.errors)")
        try scorersThatReadPrompts(folder)
        let tuned = try tune("--reward", "taste.yaml", "--gold", "loud.yaml", "--method", "rloo", "--rounds", "1", "--output", "u", "--no-report", in: folder)
        #expect(tuned.code == 0, "\(tuned.errors)")
        let compared = try simulate("--pairs", "4", "--against", "u/model.safetensors", "--output", "other")
        #expect(compared.code == 0 && compared.text.contains("of 4 pairs"), "\(compared.errors)")
        try folder.write(Array("{}".utf8), to: "bad.jsonl")
        expectRefusal(try run(["preferences", "train", "bad.jsonl", "-o", "x.safetensors"], in: folder), saying: "bad.jsonl, line 1", "prompt")
    }

    /// Louder clips are rated higher; what is learned of that ranks clips that were not rated.
    @Test func ratingsAreLearnedFrom() throws {
        let folder = try prepared()
        for index in 0..<24 {
            try folder.write(Sounds.noise(16_000, level: 0.01 * Float(index + 1), seed: UInt64(index)), to: "\(index).wav")
        }
        let lines = (0..<20).map { #"{"clip": "\#($0).wav", "rating": \#(1 + 0.2 * Double($0))}"# }
        try folder.write(Array(lines.joined(separator: "\n").utf8), to: "ratings.jsonl")
        let train = ["preferences", "train", "ratings.jsonl", "-o", "quality.safetensors"]
        let learned = try run(train + ["--json"], in: folder)
        #expect(learned.code == 0, "\(learned.errors)")
        let report = try JSONValue(parsing: learned.text)
        #expect(report["heldOutRatings"].int == 4 && report["trainingRatings"].int == 16)
        #expect(try #require(report["rankCorrelation"].double) > 0.7 && #require(report["error"].double) < 1, "\(learned.text)")
        #expect(try run(train, in: folder).text.contains("correlation"))
        let scored = try run(["score", "20.wav", "23.wav", "0.wav", "--reward", "quality.yaml", "--json"], in: folder)
        let values = try #require(JSONValue(parsing: scored.text)["clips"].array).map { $0["total"].double ?? .nan }
        #expect(values[1] > values[0] && values[0] > values[2], "\(values)")
        expectRefusal(try run(train + ["--cleaning", "peers"], in: folder), saying: "--cleaning", "ratings")
        expectRefusal(try tune("--preferences", "ratings.jsonl", "--method", "kto", "--output", "k", in: folder), saying: "line 1", "preferences train")
        try folder.write(Array((lines.joined(separator: "\n") + "\n" + #"{"prompt": "a", "chosen": "1.wav", "rejected": "0.wav"}"#).utf8), to: "ratings.jsonl")
        expectRefusal(try run(train, in: folder), saying: "choices and ratings")
        try folder.write(Array(#"{"clip": "1.wav", "rating": "good"}"#.utf8), to: "ratings.jsonl")
        expectRefusal(try run(train, in: folder), saying: "line 1", "rating")
    }

    /// Two encoders, and the fit to the prompt by the one that reads text.
    private func scorersThatReadPrompts(_ folder: Scratch) throws {
        let captions = Repository.root.appendingPathComponent("models/captions-16k.safetensors").path
        let train = ["preferences", "train", "choices/choices.jsonl", "-o", "read.safetensors", "--with-prompts"]
        let learned = try run(train + ["--encoder", captions, "--encoder", "spectral"], in: folder)
        #expect(learned.code == 0, "\(learned.errors)")
        let score = ["score", "choices/00001-a.flac", "--reward", "read.yaml", "--json"]
        expectRefusal(try run(score, in: folder), saying: "00001-a.flac", "it has no prompt")
        let fit = try run(score + ["--prompt", "slow piano"], in: folder)
        #expect(fit.code == 0, "\(fit.errors)")
        #expect(try run(score + ["--prompt", "loud accordion"], in: folder).text != fit.text)
        expectRefusal(try run(train + ["--encoder", "spectral"], in: folder), saying: "spectral", "no text")
    }
}
