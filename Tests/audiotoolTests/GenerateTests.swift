import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// Music from a tiny model whose weights are random, as a user would make it. CASES C53, C54.
@Suite struct GenerateTests {
    private static let fixture = Fixture.all(in: "music").first { $0.folder.lastPathComponent == "tiny-musicgen" }!

    private func run(_ arguments: [String], in folder: Scratch) throws -> Tool.Outcome {
        try Tool.run(arguments, in: folder, environment: ["AUDIOTOOL_MODELS": folder.path("models")])
    }

    private func generate(_ arguments: String..., in folder: Scratch) throws -> Tool.Outcome {
        try run(["generate"] + arguments, in: folder)
    }

    /// A folder with the tiny model installed.
    private func prepared() throws -> Scratch {
        let folder = try Scratch()
        let outcome = try run(["models", "import", Self.fixture.folder.path], in: folder)
        #expect(outcome.code == 0 && outcome.text.contains("not for commercial use"), "\(outcome.errors)")
        return folder
    }

    @Test func greedyWaveIsTheReference() throws {
        let folder = try prepared(), prompts = try #require(Self.fixture.io["prompts"].strings)
        let waves = try Self.fixture.tensor("wav_g3"), seconds = Double(waves.shape[2]) / 32_000
        for (item, prompt) in prompts.enumerated() {
            let outcome = try generate(prompt, "-o", "a.wav", "--temperature", "0", "--duration", "\(seconds)", in: folder)
            #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome.errors)")
            let sound = try folder.read("a.wav")
            #expect(sound.sampleRate == 32_000)
            // 16 bits: half a step, and what the reference may differ by.
            expectClose(sound.channels[0], waves.sliced(axis: 0, item..<item + 1).values, absolute: 0.6 / 32_768)
        }
    }

    /// A clip of several is the clip of its seed, its record makes the same bytes, standard output carries them too.
    @Test func seedsAndRecords() throws {
        let folder = try prepared()
        let several = try generate("calm piano", "-o", "c.wav", "--count", "3", "--seed", "5", "--duration", "0.6", "--json", in: folder)
        #expect(several.code == 0, "\(several.errors)")
        #expect(try JSONValue(parsing: several.text)[1]["seed"].int == 6)
        #expect(folder.files.filter { !$0.hasPrefix("models/") } == ["c-1.json", "c-1.wav", "c-2.json", "c-2.wav", "c-3.json", "c-3.wav"])
        let bytes = try folder.bytes("c-2.wav")
        #expect(try bytes != folder.bytes("c-1.wav"))
        for threads in ["1", "2"] {
            let alone = try generate(
                "calm piano", "-o", "-", "--seed", "6", "--duration", "0.6", "--threads", threads, in: folder)
            #expect(alone.code == 0 && [UInt8](alone.output) == bytes, "\(threads) threads")
        }
        try FileManager.default.removeItem(atPath: folder.path("c-2.wav"))
        #expect(try generate("--from", "c-2.json", in: folder).code == 0)
        #expect(try folder.bytes("c-2.wav") == bytes)
        #expect(try generate("--from", "c-2.json", "-o", "again.wav", in: folder).code == 0)
        #expect(try folder.bytes("again.wav") == bytes)
    }

    /// A player that is closed ends the work without a word.
    @Test func closedPipe() throws {
        let folder = try prepared(), log = folder.path("log")
        let script = "'\(Tool.path)' generate x -o - --duration 20 2>'\(log)' | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}"
        let outcome = try Tool.run(["-c", script], program: "/bin/bash", in: folder, environment: ["AUDIOTOOL_MODELS": folder.path("models")])
        #expect(outcome.code == 0 && !outcome.wasKilled)
        #expect(try folder.bytes("log").isEmpty)
    }

    @Test func recordsOfOtherFiles() throws {
        let folder = try prepared()
        #expect(try generate("x", "-o", "a.wav", "--duration", "0.1", in: folder).code == 0)
        #expect(try generate("x", "-o", "b.wav", "--duration", "0.1", "--continue-from", "a.wav", in: folder).code == 0)
        let bytes = try folder.bytes("b.wav")
        #expect(try generate("--from", "b.json", "-o", "c.wav", in: folder).code == 0)
        #expect(try folder.bytes("c.wav") == bytes)
        #expect(try folder.read("b.wav").frameCount == 6400)

        try folder.write([Float](repeating: 0.1, count: 3200), rate: 32_000, to: "a.wav")
        expectRefusal(try generate("--from", "b.json", "-o", "d.wav", in: folder), saying: "a.wav", "differ")
        try folder.write(Array("{}".utf8), to: "e.json")
        expectRefusal(try generate("--from", "e.json", in: folder), saying: "e.json")
        expectRefusal(try generate("--from", "none.json", in: folder), saying: "none.json")
        // A model of the same name with other contents.
        let changed = try run(["models", "import", Self.fixture.folder.path, "--replace", "--licence", "mine"], in: folder)
        #expect(changed.code == 0, "\(changed.errors)")
        expectRefusal(try generate("--from", "b.json", "-o", "d.wav", in: folder), saying: "tiny-musicgen", "differ")
        #expect(!folder.files.contains("d.wav"))
    }

    /// Longer than the model's window: made stretch by stretch, and said so.
    @Test func longerThanTheWindow() throws {
        let folder = try prepared(), outcome = try generate("steady drums", "-o", "long.wav", "--duration", "95", in: folder)
        #expect(outcome.code == 0 && outcome.errors.contains("30 s at once"), "\(outcome.errors)")
        let sound = try folder.read("long.wav")
        #expect(sound.frameCount == 95 * 32_000 && sound.channels[0].allSatisfy { $0.isFinite })
    }

    @Test(arguments: [
        ["--guidance", "0"], ["--guidance", "1"], ["--guidance", "30"], ["--temperature", "0"], ["--temperature", "1e-4"],
        ["--temperature", "100"], ["--top-k", "1"], ["--top-k", "99999"], ["--top-k", "0"], ["--top-p", "0.01"],
    ]) func extremesMakeMusic(_ options: [String]) throws {
        let folder = try prepared()
        for (prompt, precision) in [("", "float32"), ("x", "bfloat16"), ("", "int8"), ("x", "int8")] {
            let outcome = try run(
                ["generate", prompt, "-o", "a.wav", "--duration", "0.1", "--precision", precision] + options, in: folder)
            #expect(outcome.code == 0, "\(options) \(precision): \(outcome.errors)")
            #expect(try folder.read("a.wav").channels[0].allSatisfy { $0.isFinite })
        }
    }

    @Test(arguments: [
        ["--duration", "0"], ["--duration", "-5"], ["--duration", "1e9"], ["--duration", "nan"], ["--temperature", "-1"],
        ["--temperature", "nan"], ["--top-k", "-1"], ["--top-p", "0"], ["--top-p", "2"], ["--guidance", "-1"],
        ["--guidance", "inf"], ["--count", "0"], ["--count", "65"], ["--precision", "int4"], ["--threads", "0"],
    ]) func wrongOptions(_ options: [String]) throws {
        let folder = try Scratch()
        let outcome = try run(["generate", "x", "-o", "a.wav"] + options, in: folder)
        #expect(outcome.code == 64 && outcome.errors.hasPrefix("Error: ") && outcome.output.isEmpty, "\(options): \(outcome.errors)")
        #expect(outcome.errors.contains(options[0].dropFirst(2)), "\(outcome.errors)")
        #expect(folder.files.isEmpty)
    }

    @Test func wrongUsage() throws {
        let folder = try Scratch()
        for arguments in [
            [], ["x"], ["-o", "a.wav"], ["x", "-o", "-", "--count", "2"], ["x", "-o", "-", "--json"],
            ["--from", "a.json", "--seed", "3"], ["x", "--from", "a.json"],
        ] {
            let outcome = try run(["generate"] + arguments, in: folder)
            #expect(outcome.code == 64 && outcome.errors.hasPrefix("Error: "), "\(arguments): \(outcome.errors)")
        }
        let lonely = try Tool.lonely(in: folder)
        let outcome = try Tool.run(["generate", "x", "-o", "a.wav"], program: lonely, in: folder)
        expectRefusal(outcome, saying: "models import musicgen-small/", leaving: folder, files: ["alone/audiotool"])
    }

    @Test func refusals() throws {
        let folder = try prepared(), models = folder.files
        let long = [String](repeating: "word", count: 10_000).joined(separator: " ")
        expectRefusal(try generate(long, "-o", "a.wav", in: folder), saying: "word pieces", "Shorten", leaving: folder, files: models)
        expectRefusal(try generate("x", "-o", "a.wav", "--continue-from", "none.wav", in: folder), saying: "none.wav")
        expectRefusal(try generate("x", "-o", "no/a.wav", in: folder), saying: "no/a.wav")
        expectRefusal(try generate("x", "-o", "a.xyz", in: folder), saying: "a.xyz")
        expectRefusal(try generate("x", "-o", "a.wav", "--model", "none", in: folder), saying: "none", leaving: folder, files: models)
        let enhancer = try generate("x", "-o", "a.wav", "--model", "enhancer-16k", in: folder)
        expectRefusal(enhancer, saying: "music-generator", leaving: folder, files: models)
    }

    @Test func foldersThatAreNoModels() throws {
        let folder = try Scratch()
        try folder.makeFolder("empty")
        expectRefusal(try run(["models", "import", "empty"], in: folder), saying: "config.json")
        try folder.write(Array(#"{"model_type": "bert"}"#.utf8), to: "empty/config.json")
        expectRefusal(try run(["models", "import", "empty"], in: folder), saying: "model.safetensors")
        try SafeTensorsFile.write([("a", Tensor([1], shape: [1]))], to: folder.path("empty/model.safetensors"))
        expectRefusal(try run(["models", "import", "empty"], in: folder), saying: "bert")
        let options = try run(["models", "import", "empty", "--steps", "3"], in: folder)
        #expect(options.code == 64, "\(options.errors)")
        #expect(try run(["models", "import", "x.ckpt"], in: folder).code == 64)
    }
}
