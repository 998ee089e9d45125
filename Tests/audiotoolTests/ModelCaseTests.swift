import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// Cases of `models import` and `models export` beyond single files: what does not fit, every trick of the corpus,
/// settings that lie, and places that take no files.
@Suite struct ModelCaseTests {
    private static let fixture = Fixture.all(in: "sgmse/ckpt_sgmse")[0]

    private func run(_ arguments: String..., in folder: Scratch) throws -> Tool.Outcome {
        try Tool.run(arguments, in: folder, environment: ["AUDIOTOOL_MODELS": folder.path("models")])
    }

    private func checkpoint() throws -> (path: String, state: [(String, Tensor)], settings: JSONObject) {
        let path = Self.fixture.path(of: try #require(Self.fixture.config["ckpt"].string))
        let file = try TorchCheckpoint(path: path), tensors = try file.tensors(file.root["state_dict"])
        return (
            path, try tensors.names.map { ($0, try tensors.tensor($0)) },
            try #require(file.root["hyper_parameters"].json().object))
    }

    /// CASES C35: two extra tensors, one missing, one of another shape: all named with their shapes.
    @Test func tensorsThatDoNotFit() throws {
        let folder = try Scratch()
        var (_, state, settings) = try checkpoint()
        let missing = state.remove(at: 7).0, reshaped = state[11]
        state[11].1 = Tensor.zeros(reshaped.1.shape + [2])
        state += [("dnn.extra_one.weight", .zeros([3, 5])), ("dnn.extra_two.bias", .zeros([9]))]
        let value = TorchValue.dictionary([
            ("state_dict", .dictionary(state.map { ($0.0, .tensor($0.1)) })), ("hyper_parameters", TorchValue(.object(settings))),
        ])
        try TorchCheckpoint.write(value, to: folder.path("x.ckpt"))
        let outcome = try run("models", "import", "x.ckpt", "--name", "m", in: folder)
        #expect(outcome.code == 1 && outcome.output.isEmpty)
        for word in [
            missing, reshaped.0, "\(reshaped.1.shape)", "\(reshaped.1.shape + [2])", "dnn.extra_one.weight", "[3, 5]",
            "dnn.extra_two.bias", "[9]",
        ] {
            #expect(outcome.errors.contains(word), "\(word) is missing in: \(outcome.errors)")
        }
        #expect(folder.files == ["x.ckpt"])
    }

    /// CASES C38: every file of the readers' corpus: an answer that names it, no crash, nothing run, nothing installed.
    @Test func corpus() throws {
        let corpus = Repository.fixtures.appendingPathComponent("checkpoints")
        let names = try FileManager.default.contentsOfDirectory(atPath: corpus.path)
            .filter { $0 != "manifest.json" && $0 != "expected.safetensors" }.sorted()
        #expect(names.count > 50)
        for name in names {
            let folder = try Scratch()
            try folder.copy(corpus.appendingPathComponent(name), to: name)
            let outcome = try run("models", "import", name, "--name", "m", "--set", "nf=4", in: folder)
            #expect(outcome.code == 1 && !outcome.wasKilled && outcome.output.isEmpty, "\(name): \(outcome.errors)")
            #expect(outcome.errors.contains(name) && outcome.seconds < 10, "\(name): \(outcome.errors)")
            #expect(folder.files == [name])
        }
    }

    /// CASES C39: settings in JSON that ask for too much or make no sense.
    @Test func settingsFiles() throws {
        let folder = try Scratch(), (_, state, _) = try checkpoint()
        try TorchCheckpoint.write(.dictionary(state.map { ($0.0, .tensor($0.1)) }), to: folder.path("net.pt"))
        let settings: [(String, String)] = [
            (#"{"nf": 1000000000}"#, "nf"), (#"{"nf": 4, "num_res_blocks": 2147483648}"#, "num_res_blocks"),
            (#"{"ch_mult": [1e300]}"#, "ch_mult"), (#"{"nf": 99999999999999999999999999}"#, "nf"), (#"{"nf": -4}"#, "nf"),
            (#"{"n_fft": 1e400}"#, "settings.json"), (#"{"nf": 4, "nf": 8}"#, "settings.json"),
            (String(repeating: "[", count: 100_000), "settings.json"), ("", "settings.json"), ("[]", "settings.json"),
            (#"{"hop_length": 0}"#, "hop_length"), (#"{"sr": 0.5}"#, "sr"), (#"{"backbone": "unet"}"#, "backbone"),
            (#"{"backbone": "dcunet", "n_fft": 512, "dcunet_fix_length": "none"}"#, "dcunet_fix_length"),
            (#"{"backbone": "dcunet", "n_fft": 512, "dcunet_mask_bound": "tanh"}"#, "dcunet_mask_bound"),
        ]
        for (text, word) in settings {
            try folder.write(Array(text.utf8), to: "settings.json")
            let outcome = try run("models", "import", "net.pt", "--name", "m", "--settings", "settings.json", in: folder)
            #expect(outcome.code == 1 && !outcome.wasKilled, "\(text.prefix(40)): \(outcome.errors)")
            #expect(outcome.errors.contains(word), "\(text.prefix(40)): \(outcome.errors)")
            #expect(folder.files == ["net.pt", "settings.json"])
        }
    }

    @Test func placesThatTakeNoFiles() throws {
        let folder = try Scratch(), path = try checkpoint().path
        try folder.write(Array("in the way".utf8), to: "file")
        for models in ["/proc/models", folder.path("file/models")] {
            let outcome = try Tool.run(
                ["models", "import", path, "--name", "m"], in: folder, environment: ["AUDIOTOOL_MODELS": models])
            expectRefusal(outcome, saying: models, leaving: folder, files: ["file"])
        }
        #expect(try run("models", "import", path, "--name", "m", in: folder).code == 0)
        let files = ["file", "models/m.safetensors"]
        for output in ["none/m.pt", "/proc/m.pt", "file/m.ckpt"] {
            expectRefusal(try run("models", "export", "m", output, in: folder), saying: output, leaving: folder, files: files)
        }
        // A limit on the length of files stops the write in its middle, like a full disk.
        for command in ["models export m m.pt", "models import '\(path)' --name other"] {
            let limited = try Tool.run(
                ["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" \(command)", Tool.path], program: "/bin/bash", in: folder,
                environment: ["AUDIOTOOL_MODELS": folder.path("models")])
            expectRefusal(limited, saying: command.contains("export") ? "m.pt" : "other", leaving: folder, files: files)
        }
    }
}
