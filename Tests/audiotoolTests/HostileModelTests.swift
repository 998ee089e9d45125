import AudioDSP
import Foundation
import TestSupport
import Testing

@testable import NeuralCore

/// Checkpoints and model files that lie, in every command that opens one.
@Suite struct HostileModelTests {
    private static let fixture = Fixture.all(in: "sgmse/ckpt_sgmse")[0]

    private func run(_ arguments: [String], in folder: Scratch) throws -> (outcome: Tool.Outcome, peak: Int) {
        let running = try Tool.Running(
            arguments, program: Tool.path, in: folder, input: nil, environment: ["AUDIOTOOL_MODELS": folder.path("models")])
        let peak = running.peakMemory()
        return (try running.wait(), peak)
    }

    // MARK: CASES C37: what is named, what is called

    /// A published checkpoint whose hyper-parameters are written by the given instructions of a pickle.
    private func checkpoint(_ instructions: ([UInt8]) -> [UInt8], in folder: Scratch) throws {
        let source = try TorchCheckpoint(path: Self.fixture.path(of: try #require(Self.fixture.config["ckpt"].string)))
        let settings = try #require(source.root["hyper_parameters"].json().object)
        let weights = try source.tensors(source.root["state_dict"])
        let state = try weights.names.map { ($0, TorchValue.tensor(try weights.tensor($0))) }
        let marker = TorchValue.name(module: "marker", name: "Marker")
        let pickle = PickleWriter(.dictionary([("state_dict", .dictionary(state)), ("hyper_parameters", marker)]))
        var plain = PickleWriter(TorchValue(.object(settings))).bytes
        plain.removeFirst(2)
        plain.removeLast()
        var bytes = pickle.bytes
        let place = try #require(bytes.firstRange(of: Array("cmarker\nMarker\n".utf8)))
        bytes.replaceSubrange(place, with: instructions(plain))
        var zip = try ZipWriter(path: folder.path("x.ckpt"))
        try zip.add("archive/data.pkl", bytes)
        for (index, tensor) in pickle.tensors.enumerated() {
            try tensor.withUnsafeBuffer { try zip.add("archive/data/\(index)", UnsafeRawBufferPointer($0)) }
        }
        try zip.finish()
    }

    private static func new(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n)".utf8) + [0x81] }

    /// (a) An uncalled class among the settings, (b) a Namespace, and containers of Lightning's: imported, with the settings.
    @Test(arguments: ["class", "namespace", "attributes", "plain"]) func settingsThatAreRead(_ kind: String) throws {
        let folder = try Scratch()
        try checkpoint({ settings in
            switch kind {
            case "class": Array(settings.dropLast()) + [0x58, 5, 0, 0, 0] + Array("extracos\nsystem\nu".utf8)
            case "namespace": Self.new("argparse", "Namespace") + settings + Array("b".utf8)
            case "attributes": Self.new("pytorch_lightning.utilities.parsing", "AttributeDict") + settings.dropFirst()
            default: settings
            }
        }, in: folder)
        let (outcome, _) = try run(["models", "import", "x.ckpt", "--name", "m"], in: folder)
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let config = try JSONValue(parsing: SafeTensorsFile(path: folder.path("models/m.safetensors")).metadata["config"] ?? "")
        #expect(config["hyper_parameters"]["nf"].int == 4)
        if kind == "class" { #expect(config["hyper_parameters"]["extra"].string == "os.system") }
        try folder.write(Array(Sounds.noisySpeech.prefix(4_000)), to: "in.wav")
        #expect(try run(["enhance", "in.wav", "-o", "o.wav", "--model", "m", "--steps", "1"], in: folder).outcome.code == 0)
    }

    /// (c) An object of a foreign class, (d) a call: refused by name, and nothing is run or installed.
    @Test(arguments: ["object", "call", "deep call", "method"]) func settingsThatAreRefused(_ kind: String) throws {
        let folder = try Scratch()
        let command = [UInt8]([0x58, 12, 0, 0, 0]) + Array("touch pwned1".utf8)
        let call = Array("cos\nsystem\n(".utf8) + command + Array("tR".utf8)
        try checkpoint({ settings in
            switch kind {
            case "object": Self.new("omegaconf.dictconfig", "DictConfig") + settings + Array("b".utf8)
            case "call": call
            case "deep call": Array(settings.dropLast()) + [0x58, 1, 0, 0, 0] + Array("x".utf8) + call + Array("u".utf8)
            default: Array("cbuiltins\ngetattr\n(cos\npath\n".utf8) + command + Array("tR".utf8)
            }
        }, in: folder)
        let word = switch kind {
        case "object": "omegaconf.dictconfig.DictConfig"
        case "method": "builtins.getattr"
        default: "os.system"
        }
        let (outcome, _) = try run(["models", "import", "x.ckpt", "--name", "m"], in: folder)
        expectRefusal(outcome, saying: "x.ckpt", word, leaving: folder, files: ["x.ckpt"])
    }

    // MARK: CASES C39, C36: numbers in headers, and files that are empty or absent

    private func safeTensors(_ header: String, length: UInt64? = nil, data: Int = 8) -> [UInt8] {
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Array($0) } + Array(header.utf8)
            + [UInt8](repeating: 0, count: data)
    }

    private var hostileFiles: [(name: String, bytes: [UInt8])] {
        func tensor(_ shape: String, _ offsets: String = "[0,8]", name: String = "a") -> String {
            #""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":\#(offsets)}"#
        }
        return [
            ("empty", []), ("short", [1, 2, 3]), ("length 2^63", safeTensors("{}", length: 1 << 63)),
            ("length 2^64 - 1", safeTensors("{}", length: .max)), ("length beyond the end", safeTensors("{}", length: 4_096)),
            ("overflowing product", safeTensors("{\(tensor("[4294967296,4294967296,4]"))}")),
            ("huge tensor", safeTensors("{\(tensor("[1000000000000]", "[0,4000000000000]"))}")),
            ("offsets beyond the end", safeTensors("{\(tensor("[2]", "[1099511627776,1099511627784]"))}")),
            ("overlap", safeTensors("{\(tensor("[2]")),\(tensor("[1]", "[4,8]", name: "b"))}")),
            ("twice", safeTensors("{\(tensor("[2]")),\(tensor("[2]"))}")),
            ("negative", safeTensors("{\(tensor("[-2]"))}")), ("nested", safeTensors(String(repeating: "[", count: 200_000))),
        ]
    }

    /// Every command that opens a model refuses it in a line, with little memory, and leaves nothing.
    @Test func headersAreNotBelieved() throws {
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(4_000)), to: "in.wav")
        for (name, bytes) in hostileFiles {
            try folder.write(bytes, to: "m.safetensors")
            for arguments in [
                ["info", "m.safetensors"], ["models", "import", "m.safetensors", "--name", "m"],
                ["models", "export", "./m.safetensors", "m.pt"], ["enhance", "in.wav", "-o", "o.wav", "--model", "m.safetensors"],
                ["dereverb", "in.wav", "-o", "o.wav", "--model", "m.safetensors"],
            ] {
                let (outcome, peak) = try run(arguments, in: folder)
                #expect(outcome.code == 1 && !outcome.wasKilled, "\(name): \(arguments)")
                expectRefusal(outcome, saying: "m.safetensors", leaving: folder, files: ["in.wav", "m.safetensors"])
                #expect(peak < 50 << 20, "\(name): \(arguments[0]) took \(peak >> 20) MB")
            }
            try folder.makeFolder("models")
            try folder.write(bytes, to: "models/bad.safetensors")
            for arguments in [["models"], ["models", "list"], ["enhance", "in.wav", "-o", "o.wav", "--model", "bad"]] {
                let (outcome, peak) = try run(arguments, in: folder)
                #expect(outcome.code == 1 && outcome.errors.contains("bad.safetensors"), "\(name): \(outcome.errors)")
                #expect(peak < 50 << 20, "\(name): \(peak >> 20) MB")
            }
            try FileManager.default.removeItem(atPath: folder.path("models"))
        }
    }

    /// Settings that ask for absurd sizes, in our own models and in imported ones.
    @Test(arguments: [
        ("enhancer-16k", "blocks", "1000000000"), ("enhancer-16k", "channels", "2147483648"), ("enhancer-16k", "nFFT", "1099511627776"),
        ("enhancer-16k", "defaultSteps", "1000000000"), ("enhancer-16k", "sampleRate", "1000000000"),
        ("dereverb-16k", "channels", "1000000000"),
    ]) func settingsAreNotBelieved(_ model: String, _ name: String, _ value: String) throws {
        let folder = try Scratch()
        let path = Repository.root.appendingPathComponent("models/\(model).safetensors").path
        let file = try SafeTensorsFile(path: path)
        let config = try #require(file.metadata["config"])
        let changed = config.replacing(try Regex("\"\(name)\":[0-9]+"), with: "\"\(name)\":\(value)")
        try #require(changed != config, "\(name) is no setting of \(model)")
        let tensors = try file.names.map { (name: String) in (name, try file.tensor(name)) }
        try SafeTensorsFile.write(tensors, metadata: file.metadata.merging(["config": changed]) { $1 }, to: folder.path("m.safetensors"))
        try folder.write(Array(Sounds.noisySpeech.prefix(4_000)), to: "in.wav")
        let files = folder.files
        for arguments in [
            ["enhance", "in.wav", "-o", "o.wav", "--model", "m.safetensors"], ["models", "import", "m.safetensors", "--name", "m"],
        ] {
            let (outcome, peak) = try run(model.hasPrefix("d") && arguments[0] == "enhance" ? ["dereverb"] + arguments.dropFirst() : arguments, in: folder)
            expectRefusal(outcome, saying: "m.safetensors", leaving: folder, files: files)
            #expect(peak < 50 << 20, "\(peak >> 20) MB")
        }
    }

    /// CASES C36: an empty, absent or damaged default model is an error, not silence or random weights.
    @Test(arguments: ["enhance", "dereverb"]) func damagedDefaultModel(_ command: String) throws {
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(4_000)), to: "in.wav")
        try folder.copy(URL(fileURLWithPath: Tool.path), to: "bin/audiotool")
        let files = folder.files
        func refuse(_ word: String, _ files: [String]) throws {
            let outcome = try Tool.run([command, "in.wav", "-o", "o.wav"], program: folder.path("bin/audiotool"), in: folder)
            expectRefusal(outcome, saying: word, leaving: folder, files: files)
        }
        try refuse("No model is installed", files)
        for content in [[], Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".utf8)] as [[UInt8]] {
            try folder.makeFolder("share/audiotool/models")
            try folder.write(content, to: "share/audiotool/models/\(command).safetensors")
            try refuse("\(command).safetensors", files + ["share/audiotool/models/\(command).safetensors"])
        }
    }
}
