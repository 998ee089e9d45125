import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// `models import` and `models export`, and `enhance` with what was imported.
@Suite struct ModelImportCommandTests {
    private static let score = Fixture.all(in: "sgmse/ckpt_sgmse")[0]
    private static let bridge = Fixture.all(in: "sgmse/ckpt_sb")[0]
    private static let bare = Fixture.all(in: "sgmse/e2e_ears")[0]

    private func checkpoint(_ fixture: Fixture) throws -> String {
        fixture.path(of: try #require(fixture.config["ckpt"].string))
    }

    private func run(_ arguments: String..., in folder: Scratch) throws -> Tool.Outcome {
        try Tool.run(arguments, in: folder, environment: ["AUDIOTOOL_MODELS": folder.path("models")])
    }

    /// CASES C36, C67: the list says what was imported, with a hash that tells two apart.
    @Test func importListAndEnhance() throws {
        let folder = try Scratch()
        for (name, fixture) in [("score", Self.score), ("bridge", Self.bridge)] {
            let outcome = try run("models", "import", checkpoint(fixture), "--name", name, in: folder)
            #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
            #expect(outcome.text.contains("averaged") && outcome.text.contains("sha256"))
        }
        #expect(folder.files == ["models/bridge.safetensors", "models/score.safetensors"])
        let list = try JSONValue(parsing: run("models", "--json", in: folder).text)
        let entries = try #require(list.array).filter { $0["kind"].string == "sgmse-speech-enhancer" }
        #expect(entries.map { $0["name"].string } == ["bridge", "score"])
        #expect(entries[0]["sha256"] != entries[1]["sha256"])
        #expect(entries[0]["defaultSteps"].int == Self.bridge.config["hyper_parameters"]["N"].int)

        try folder.write(Array(Sounds.noisySpeech.prefix(6_000)), to: "in.wav")
        for name in ["score", "bridge"] {
            let outcome = try run("enhance", "in.wav", "-o", "\(name).wav", "--model", name, "--steps", "2", in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        let (one, other) = (try folder.read("score.wav"), try folder.read("bridge.wav"))
        #expect(one.frameCount == 6_000 && other.frameCount == 6_000 && one.channels != other.channels)
    }

    /// The published program's own output, through the built program: a bridge's ODE draws no noise.
    @Test func enhanceMatchesThePublishedProgram() throws {
        let folder = try Scratch(), fixture = Self.bridge
        #expect(try run("models", "import", checkpoint(fixture), "--name", "bridge", in: folder).code == 0)
        let noisy = try fixture.floats("noisy"), expected = try fixture.floats("script.enhanced")
        // A float file keeps what an untrained network makes too loud.
        try folder.write(noisy, to: "in.wav", .wavFloat)
        #expect(try run("enhance", "in.wav", "-o", "out.wav", "--model", "bridge", in: folder).code == 0)
        expectClose(try folder.read("out.wav").channels[0], expected, relativeL2: 1e-3, "out.wav")
    }

    @Test func sameSeedSameSamples() throws {
        let folder = try Scratch()
        #expect(try run("models", "import", checkpoint(Self.score), "--name", "m", in: folder).code == 0)
        try folder.write(Array(Sounds.noisySpeech.prefix(4_000)), to: "in.wav")
        for (name, arguments) in [("a", ["--seed", "1"]), ("b", ["--seed", "1", "--threads", "1"]), ("c", ["--seed", "2"])] {
            let outcome = try Tool.run(
                ["enhance", "in.wav", "-o", "\(name).wav", "--model", "m", "--steps", "1"] + arguments, in: folder,
                environment: ["AUDIOTOOL_MODELS": folder.path("models")])
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        #expect(try folder.bytes("a.wav") == folder.bytes("b.wav"))
        #expect(try folder.bytes("a.wav") != folder.bytes("c.wav"))
    }

    /// Settings in a JSON file beside bare weights, and by arguments.
    @Test func weightsWithoutSettings() throws {
        let folder = try Scratch(), source = URL(fileURLWithPath: Self.bare.path(of: "model.safetensors"))
        try folder.copy(source, to: "alone/net.safetensors")
        expectRefusal(
            try run("models", "import", "alone/net.safetensors", "--name", "m", in: folder), saying: "settings", "--set",
            leaving: folder, files: ["alone/net.safetensors"])
        try folder.copy(source, to: "beside/net.safetensors")
        try folder.copy(URL(fileURLWithPath: Self.bare.path(of: "config.json")), to: "beside/config.json")
        let beside = try run("models", "import", "beside/net.safetensors", "--name", "beside", in: folder)
        #expect(beside.code == 0 && beside.text.contains("48000 Hz"), "\(beside.errors)")
        let given = try run(
            "models", "import", "alone/net.safetensors", "--name", "given", "--settings", "beside/config.json",
            "--set", "sr=44100", "--steps", "5", "--snr", "0.25", "--purpose", "For a test.", "--json", in: folder)
        #expect(given.code == 0, "\(given.errors)")
        let report = try JSONValue(parsing: given.text)
        #expect(report["sampleRate"].int == 44_100 && report["defaultSteps"].int == 5)
        #expect(report["purpose"].string == "For a test.")
    }

    @Test func flagsThatDoNotFit() throws {
        let folder = try Scratch()
        for (name, fixture) in [("score", Self.score), ("bridge", Self.bridge)] {
            #expect(try run("models", "import", checkpoint(fixture), "--name", name, in: folder).code == 0)
        }
        try folder.write(Array(Sounds.noisySpeech.prefix(2_000)), to: "in.wav")
        let files = folder.files
        for (model, flag, value) in [
            ("bridge", "--snr", "0.5"), ("bridge", "--corrector-steps", "1"), ("bridge", "--sampler", "pc"), ("score", "--sampler", "sde"),
        ] {
            expectRefusal(
                try run("enhance", "in.wav", "-o", "o.wav", "--model", model, flag, value, in: folder), saying: flag,
                leaving: folder, files: files)
        }
        for arguments in [["--snr", "0"], ["--snr", "nan"], ["--t-eps", "1"], ["--t-eps", "0"], ["--corrector-steps", "-1"], ["--sampler", "x"]] {
            let outcome = try Tool.run(["enhance", "in.wav", "-o", "o.wav"] + arguments, in: folder)
            #expect(outcome.code == 64, "\(arguments)")
        }
        for flags in [["--sampler", "heun", "--steps", "1"], ["--corrector-steps", "0", "--steps", "1"], ["--t-eps", "0.1", "--snr", "0.4", "--steps", "1"]] {
            let outcome = try Tool.run(
                ["enhance", "in.wav", "-o", "o.wav", "--model", "score"] + flags, in: folder,
                environment: ["AUDIOTOOL_MODELS": folder.path("models")])
            #expect(outcome.code == 0, "\(flags): \(outcome.errors)")
        }
    }

    /// CASES C35, C37, C38: what cannot be used is named for what it is, and nothing is installed.
    @Test(arguments: [
        ("call-system.pt", "os.system"), ("omegaconf.ckpt", "omegaconf.dictconfig.DictConfig"), ("pointer.ckpt", "Git LFS"),
        ("page.ckpt", "web page"), ("empty.ckpt", "empty"), ("truncated.pt", "breaks off"), ("sound.ckpt", "RIFF"),
        ("checksum-description.pt", "checksum"), ("huge-storage.pt", "more than the file can hold"), ("none.ckpt", "no file"),
        ("plain.pt", "settings"), ("renamed.ckpt", "no settings"),
    ])
    func unusableFiles(_ name: String, word: String) throws {
        let folder = try Scratch(), source = Repository.fixtures.appendingPathComponent("checkpoints/\(name)")
        if FileManager.default.fileExists(atPath: source.path) { try folder.copy(source, to: name) }
        let files = folder.files
        let outcome = try run("models", "import", name, "--name", "m", in: folder)
        expectRefusal(outcome, saying: name, word, leaving: folder, files: files)
    }

    @Test func namesThatCannotBe() throws {
        let folder = try Scratch(), path = try checkpoint(Self.bridge)
        expectRefusal(try run("models", "import", path, "--name", "a/b", in: folder), saying: "a/b", leaving: folder, files: [])
        #expect(try run("models", "import", path, "--name", "m", in: folder).code == 0)
        expectRefusal(try run("models", "import", path, "--name", "m", in: folder), saying: "--replace")
        #expect(try run("models", "import", path, "--name", "m", "--replace", in: folder).code == 0)
        // Names of models in other folders are not hidden.
        let installed = try JSONValue(parsing: Tool.run("models", "--json").text)
        let name = try #require(installed[0]["name"].string)
        expectRefusal(try run("models", "import", path, "--name", name, in: folder), saying: name)
    }

    @Test func exportedFilesAreReadBack() throws {
        let folder = try Scratch()
        #expect(try run("models", "import", checkpoint(Self.score), "--name", "m", in: folder).code == 0)
        #expect(try run("models", "export", "m", "m.pt", in: folder).code == 0)
        #expect(try run("models", "export", "m", "m.ckpt", in: folder).code == 0)
        expectRefusal(try run("models", "export", "m", "m.pt", in: folder), saying: "m.pt", "--replace")
        #expect(try run("models", "export", "m", "m.txt", in: folder).code == 64)
        expectRefusal(try run("models", "export", "unheard-of", "x.pt", in: folder), saying: "unheard-of")
        let original = try SafeTensorsFile(path: folder.path("models/m.safetensors"))
        let state = try TorchCheckpoint(path: folder.path("m.pt"))
        let tensors = try state.tensors(state.root)
        #expect(tensors.names == original.names)
        for name in original.names { #expect(try tensors.tensor(name) == original.tensor(name)) }
        // The Lightning form is a published checkpoint again.
        #expect(try run("models", "import", "m.ckpt", "--name", "again", in: folder).code == 0)
        let again = try SafeTensorsFile(path: folder.path("models/again.safetensors"))
        for name in original.names { #expect(try again.tensor(name) == original.tensor(name)) }
        #expect(try JSONValue(parsing: again.metadata["config"] ?? "")["hyper_parameters"]
            == JSONValue(parsing: original.metadata["config"] ?? "")["hyper_parameters"])
    }

    /// PyTorch itself, where it is installed: `AUDIOTOOL_PYTHON` names the interpreter.
    @Test func exportedFilesLoadInPyTorch() throws {
        let python = ProcessInfo.processInfo.environment["AUDIOTOOL_PYTHON"] ?? "/usr/bin/python3"
        guard FileManager.default.isExecutableFile(atPath: python),
            try Tool.run(["-c", "import torch"], program: python).code == 0
        else { return }
        let folder = try Scratch()
        #expect(try run("models", "import", checkpoint(Self.score), "--name", "m", in: folder).code == 0)
        for name in ["m.pt", "m.ckpt"] { #expect(try run("models", "export", "m", name, in: folder).code == 0) }
        let script = """
            import json, struct, sys, types, torch
            module = types.ModuleType("sgmse.data_module")
            module.SpecsDataModule = type("SpecsDataModule", (), {})
            sys.modules |= {"sgmse": types.ModuleType("sgmse"), "sgmse.data_module": module}
            state = torch.load("m.pt", weights_only=True)
            lightning = torch.load("m.ckpt", weights_only=False)
            blob = open("models/m.safetensors", "rb").read()
            size, = struct.unpack("<Q", blob[:8])
            header = json.loads(blob[8:8 + size])
            header.pop("__metadata__")
            assert list(state) == list(header) == list(lightning["state_dict"])
            assert lightning["hyper_parameters"]["data_module_cls"] is module.SpecsDataModule
            shadow = lightning["ema"]["shadow_params"]
            for (name, entry), average in zip(header.items(), shadow, strict=True):
                start, end = entry["data_offsets"]
                wanted = torch.frombuffer(bytearray(blob[8 + size + start:8 + size + end]), dtype=torch.float32)
                for tensor in (state[name], lightning["state_dict"][name], average):
                    assert list(tensor.shape) == entry["shape"] and torch.equal(tensor.flatten(), wanted), name
            """
        let outcome = try Tool.run(["-c", script], program: python, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }
}
