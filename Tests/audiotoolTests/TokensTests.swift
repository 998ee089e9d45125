import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// `audiotool tokens` and the import of EnCodec's folders, with the published networks in small.
@Suite struct TokensTests {
    static func folder(_ name: String) -> String { Repository.fixtures.appendingPathComponent("reference/music/\(name)").path }

    /// A place for models with the causal codec in it.
    private func models(_ scratch: Scratch) throws -> [String: String] {
        let environment = ["AUDIOTOOL_MODELS": scratch.path("models")]
        let outcome = try Tool.run(
            ["models", "import", Self.folder("encodec_24k"), "--name", "codec", "--licence", "cc-by-nc-4.0"], environment: environment)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.text.contains("cc-by-nc-4.0") && outcome.text.contains("24000 Hz"))
        return environment
    }

    @Test(arguments: [(16_000, 1, "wav"), (44_100, 2, "flac"), (48_000, 3, "wav")])
    func roundTrip(_ rate: Int, _ channels: Int, _ ending: String) throws {
        let scratch = try Scratch(), environment = try models(scratch), frames = rate / 2 + 7
        let sound = AudioBuffer(
            channels: (0..<channels).map { Sounds.noise(frames, level: 0.05, seed: UInt64($0)) }, sampleRate: rate)
        try scratch.write(sound, to: "in.\(ending)")
        func run(_ arguments: String...) throws -> Tool.Outcome { try Tool.run(arguments, in: scratch, environment: environment) }
        let encoded = try run("tokens", "encode", "in.\(ending)", "-o", "codes.safetensors", "--json")
        #expect(encoded.code == 0 && encoded.errors.isEmpty, "\(encoded.errors)")
        let report = try JSONValue(parsing: encoded.text)
        #expect(report["streams"].int == channels && report["codebooks"].int == 4 && report["model"].string == "codec")
        #expect(report["bitsPerSecond"].double == 75 * 4 * 10 * Double(channels))
        let decoded = try run("tokens", "decode", "codes.safetensors", "-o", "out.wav")
        #expect(decoded.code == 0, "\(decoded.errors)")
        let again = try scratch.read("out.wav")
        #expect(again.sampleRate == rate && again.channels.count == channels && again.frameCount == frames)
        let info = try run("info", "codes.safetensors")
        #expect(info.code == 0 && info.text.contains("codes of a recording") && info.text.contains("\(rate) Hz"))
        #expect(scratch.files.filter { !$0.hasPrefix("models") } == ["codes.safetensors", "in.\(ending)", "out.wav"])

        let fewer = try run("tokens", "encode", "in.\(ending)", "-o", "codes.safetensors", "--codebooks", "2", "--json")
        let fewerReport = try JSONValue(parsing: fewer.text)
        #expect(fewerReport["codebooks"].int == 2)
        let piped = try run("tokens", "decode", "codes.safetensors", "-o", "-")
        #expect(piped.output.count > frames * channels * 2)
    }

    @Test func refusals() throws {
        let scratch = try Scratch(), environment = try models(scratch)
        try scratch.write(Sounds.noise(8000, level: 0.1), to: "in.wav")
        try scratch.write(Array("RIFF".utf8), to: "broken.wav")
        func refuse(_ arguments: [String], _ code: Int32, _ words: String...) throws {
            let before = scratch.files, outcome = try Tool.run(arguments, in: scratch, environment: environment)
            #expect(outcome.code == code && words.allSatisfy(outcome.errors.contains), "\(arguments): \(outcome.errors)")
            if code == 1 { #expect(outcome.errorLines.count == 1) }
            #expect(scratch.files == before)
        }
        try refuse(["tokens", "encode", "in.wav", "-o", "out.wav"], 64, ".safetensors")
        try refuse(["tokens", "encode", "in.wav", "-o", "x.safetensors", "--codebooks", "0"], 64, "--codebooks")
        try refuse(["tokens", "encode", "in.wav", "-o", "x.safetensors", "--codebooks", "9"], 1, "9")
        try refuse(["tokens", "encode", "absent.wav", "-o", "x.safetensors"], 1, "absent.wav")
        try refuse(["tokens", "encode", "broken.wav", "-o", "x.safetensors"], 1, "broken.wav")
        try refuse(["tokens", "encode", "in.wav", "-o", "x.safetensors", "--model", "none"], 1, "none")
        try refuse(["tokens", "encode", "in.wav", "-o", "absent/x.safetensors"], 1, "absent/x.safetensors")
        try refuse(["tokens", "decode", "in.wav", "-o", "x.wav"], 1, "in.wav")
        try refuse(["tokens", "decode", scratch.path("models/codec.safetensors"), "-o", "x.wav"], 1, "no codes of a recording")

        let nothing = try Tool.run(
            ["tokens", "encode", "in.wav", "-o", "x.safetensors"], program: Tool.lonely(in: scratch), in: scratch)
        #expect(nothing.code == 1 && nothing.errors.contains("codec") && !scratch.files.contains("x.safetensors"), "\(nothing.errors)")

        // Codes of a codec that is another one now.
        #expect(try Tool.run(["tokens", "encode", "in.wav", "-o", "a.safetensors"], in: scratch, environment: environment).code == 0)
        try refuse(["tokens", "decode", "a.safetensors", "-o", "x.mp9"], 1, "x.mp9")
        let import32 = ["models", "import", Self.folder("encodec_32k"), "--name", "codec", "--replace"]
        #expect(try Tool.run(import32, environment: environment).code == 0)
        try refuse(["tokens", "decode", "a.safetensors", "-o", "x.wav"], 1, "another codec")
    }

    @Test func folders() throws {
        let scratch = try Scratch(), environment = ["AUDIOTOOL_MODELS": scratch.path("models")]
        let manager = FileManager.default
        func run(_ arguments: String...) throws -> Tool.Outcome { try Tool.run(arguments, in: scratch, environment: environment) }
        // The folder's own words about its licence.
        try manager.copyItem(atPath: Self.folder("encodec_32k"), toPath: scratch.path("folder"))
        try scratch.write(Array("---\nlicense: cc-by-nc-4.0\ntags: [audio]\n---\n# EnCodec\n".utf8), to: "folder/README.md")
        let installed = try run("models", "import", "folder", "--name", "codec", "--json")
        #expect(installed.code == 0, "\(installed.errors)")
        let list = try run("models").text
        #expect(list.contains("audio-codec") && list.contains("cc-by-nc-4.0: not for commercial use"))

        func refuse(_ name: String, _ words: String..., change: () throws -> Void) throws {
            try change()
            let outcome = try run("models", "import", "folder", "--name", name)
            #expect(outcome.code == 1 && outcome.errorLines.count == 1 && words.allSatisfy(outcome.errors.contains), "\(outcome.errors)")
            #expect(!manager.fileExists(atPath: scratch.path("models/\(name).safetensors")))
        }
        let config = try JSONValue(parsing: scratch.bytes("folder/config.json")).object!
        func write(_ key: String, _ value: JSONValue) throws {
            try scratch.write(Array(JSONValue.object(config.setting(key, to: value)).text.utf8), to: "folder/config.json")
        }
        try refuse("a", "bert") { try write("model_type", "bert") }
        try refuse("b", "norm_type", "time_group_norm") { try write("norm_type", "time_group_norm") }
        try refuse("c", "encoder.layers.0.conv.weight", "instead of") { try write("num_filters", .integer(8)) }
        try refuse("d", "num_filters", "1000000000") { try write("num_filters", .integer(1_000_000_000)) }
        try refuse("e", "config.json") { try manager.removeItem(atPath: scratch.path("folder/config.json")) }
        let given = try run("models", "import", Self.folder("encodec_32k"), "--name", "f", "--set", "a=1")
        #expect(given.code == 64)
    }
}
