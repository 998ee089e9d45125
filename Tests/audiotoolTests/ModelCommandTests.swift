import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// Finding, listing and refusing models.
@Suite struct ModelCommandTests {
    private static let models = Repository.root.appendingPathComponent("models")

    private func installedModels() throws -> [JSONValue] {
        let outcome = try Tool.run("models", "--json")
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try #require(JSONValue(parsing: outcome.text).array)
    }

    private func defaultModel() throws -> (name: String, path: String) {
        let model = try #require(try installedModels().first { $0["kind"].string == "speech-enhancer" })
        return (try #require(model["name"].string), try #require(model["path"].string))
    }

    /// CASES C67, C36: what each model is for, and a hash of its content.
    @Test func listSaysWhatModelsAreFor() throws {
        let models = try installedModels()
        #expect(!models.isEmpty)
        let list = try Tool.run("models")
        #expect(list.code == 0)
        for model in models {
            let path = try #require(model["path"].string), hash = try #require(model["sha256"].string)
            let sum = try Tool.run([path], program: "/usr/bin/sha256sum")
            #expect(sum.text.hasPrefix(hash + " "))
            #expect(model["purpose"].string?.isEmpty == false)
            let isDiffusion = model["kind"].string?.hasSuffix("speech-enhancer") == true || model["kind"].string == "speech-dereverberator"
            #expect(model["defaultSteps"].int.map { $0 >= 1 } ?? !isDiffusion)
            #expect((model["bytes"].int ?? 0) > 0)
            #expect(list.text.contains(hash) && list.text.contains(model["name"].string!))
        }
    }

    @Test func infoDescribesModels() throws {
        let (name, path) = try defaultModel()
        let byName = try Tool.run("info", name, "--json"), byPath = try Tool.run("info", path, "--json")
        #expect(byName.code == 0 && byName.text == byPath.text)
        let description = try JSONValue(parsing: byName.text)
        #expect(description["sha256"].string?.count == 64)
        #expect((description["parameters"].int ?? 0) > 1000)
        #expect(try Tool.run("info", name).text.contains("sha256"))
    }

    @Test func modelsAreTakenByNameOrPath() throws {
        let (name, path) = try defaultModel()
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in.wav")
        for (index, model) in [name, path].enumerated() {
            let outcome = try Tool.run("enhance", "in.wav", "-o", "\(index).wav", "--model", model, in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        #expect(try folder.bytes("0.wav") == folder.bytes("1.wav"))
    }

    /// CASES C36: other weights, other sound.
    @Test func otherWeightsGiveAnotherResult() throws {
        let (_, path) = try defaultModel()
        let file = try SafeTensorsFile(path: path)
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in.wav")
        let tensors = try file.names.map { name in
            (name, try Tensor(file.floats(name).map { $0 * 0.9 }, shape: file.shape(name)))
        }
        try SafeTensorsFile.write(tensors, metadata: file.metadata, to: folder.path("other.safetensors"))
        #expect(try Tool.run("enhance", "in.wav", "-o", "a.wav", in: folder).code == 0)
        #expect(try Tool.run("enhance", "in.wav", "-o", "b.wav", "--model", "other.safetensors", in: folder).code == 0)
        #expect(try folder.bytes("a.wav") != folder.bytes("b.wav"))
        let hashes = try ["other.safetensors", path].map {
            try JSONValue(parsing: Tool.run("info", $0, "--json", in: folder).text)["sha256"].string
        }
        #expect(hashes[0] != hashes[1])
    }

    @Test func unknownModel() throws {
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in.wav")
        let outcome = try Tool.run("enhance", "in.wav", "-o", "o.wav", "--model", "unheard-of", in: folder)
        expectRefusal(outcome, saying: "unheard-of", "Installed", leaving: folder, files: ["in.wav"])
        let missing = try Tool.run("enhance", "in.wav", "-o", "o.wav", "--model", "none.safetensors", in: folder)
        expectRefusal(missing, saying: "none.safetensors", leaving: folder, files: ["in.wav"])
    }

    /// A model file that is empty, cut anywhere, or damaged in its header.
    @Test func damagedModels() throws {
        let (_, path) = try defaultModel()
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in.wav")
        var damaged = bytes
        damaged.replaceSubrange(8..<40, with: [UInt8](repeating: 0xFF, count: 32))
        var huge = bytes
        huge.replaceSubrange(0..<8, with: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
        let files: [(String, [UInt8])] = [
            ("empty", []), ("short", Array(bytes.prefix(5))), ("header", Array(bytes.prefix(200))),
            ("cut", Array(bytes.prefix(bytes.count * 2 / 3))), ("lastbyte", Array(bytes.dropLast())), ("damaged", damaged),
            ("huge", huge),
        ]
        for (name, content) in files {
            try folder.write(content, to: "m.safetensors")
            for arguments in [["enhance", "in.wav", "-o", "o.wav", "--model", "m.safetensors"], ["info", "m.safetensors"]] {
                let outcome = try Tool.run(arguments, in: folder)
                expectRefusal(outcome, saying: "m.safetensors", leaving: folder, files: ["in.wav", "m.safetensors"])
                #expect(outcome.code == 1, "\(name)")
            }
        }
    }

    @Test func otherFilesAreNoModels() throws {
        let (_, path) = try defaultModel()
        let file = try SafeTensorsFile(path: path)
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in.wav")
        func refuse(_ tensors: [(String, Tensor)], _ metadata: [String: String], saying word: String) throws {
            try SafeTensorsFile.write(tensors, metadata: metadata, to: folder.path("m.safetensors"))
            let outcome = try Tool.run("enhance", "in.wav", "-o", "o.wav", "--model", "m.safetensors", in: folder)
            expectRefusal(outcome, saying: "m.safetensors", word, leaving: folder, files: ["in.wav", "m.safetensors"])
        }
        let tensors = try file.names.map { (name: String) in (name, try Tensor(file.floats(name), shape: file.shape(name))) }
        try refuse(tensors, [:], saying: "settings")
        try refuse(tensors, ["kind": "music-generator", "config": "{}"], saying: "music-generator")
        try refuse(tensors, file.metadata.merging(["config": "{"]) { $1 }, saying: "settings")
        try refuse(tensors, file.metadata.merging(["config": "{}"]) { $1 }, saying: "settings")
        // A recording is no model.
        let wave = try Tool.run("enhance", "in.wav", "-o", "o.wav", "--model", "./in.wav", in: folder)
        expectRefusal(wave, saying: "in.wav", leaving: folder, files: ["in.wav", "m.safetensors"])
    }

    /// CASES C35: all tensors that do not fit are named.
    @Test func tensorsThatDoNotFit() throws {
        let (_, path) = try defaultModel()
        let file = try SafeTensorsFile(path: path)
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in.wav")
        var tensors = try file.names.map { (name: String) in (name, try Tensor(file.floats(name), shape: file.shape(name))) }
        let missing = tensors.removeFirst().0
        let reshaped = try #require(tensors.firstIndex { $0.1.rank == 2 })
        tensors[reshaped].1 = tensors[reshaped].1.reshaped([1, tensors[reshaped].1.count])
        tensors += [("extra.one", Tensor([1], shape: [1])), ("extra.two", Tensor([1, 2], shape: [2]))]
        try SafeTensorsFile.write(tensors, metadata: file.metadata, to: folder.path("m.safetensors"))
        let outcome = try Tool.run("enhance", "in.wav", "-o", "o.wav", "--model", "m.safetensors", in: folder)
        #expect(outcome.code == 1)
        for name in [missing, tensors[reshaped].0, "extra.one", "extra.two"] {
            #expect(outcome.errors.contains(name), "\(name) is missing in: \(outcome.errors)")
        }
        #expect(!folder.files.contains("o.wav"))
    }

    /// The program finds its models where `make install` puts them, wherever that is moved to, and through links.
    @Test func installationCanBeMoved() throws {
        let (_, path) = try defaultModel()
        let folder = try Scratch()
        try folder.copy(URL(fileURLWithPath: Tool.path), to: "first/bin/audiotool")
        try folder.copy(URL(fileURLWithPath: path), to: "first/share/audiotool/models/moved.safetensors")
        try FileManager.default.moveItem(atPath: folder.path("first"), toPath: folder.path("second"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"), withDestinationPath: folder.path("second/bin/audiotool"))
        for program in ["second/bin/audiotool", "link"] {
            let outcome = try Tool.run(["models"], program: folder.path(program), in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(outcome.text.contains("moved"))
        }
        guard ProcessInfo.processInfo.environment["AUDIOTOOL_MODELS"] == nil else { return }
        // Without models it says where it looked.
        try FileManager.default.removeItem(atPath: folder.path("second/share"))
        let bare = try Tool.run(["models"], program: folder.path("second/bin/audiotool"), in: folder)
        #expect(bare.code == 1)
        #expect(bare.errors.contains("share/audiotool/models") && bare.errors.contains("AUDIOTOOL_MODELS"))
        let named = try Tool.run(
            ["models"], program: folder.path("second/bin/audiotool"), in: folder,
            environment: ["AUDIOTOOL_MODELS": URL(fileURLWithPath: path).deletingLastPathComponent().path])
        #expect(named.code == 0)
    }

    @Test func damagedModelInTheListIsNamed() throws {
        let folder = try Scratch()
        try folder.makeFolder("models")
        try folder.write([1, 2, 3], to: "models/broken.safetensors")
        let outcome = try Tool.run(["models"], environment: ["AUDIOTOOL_MODELS": folder.path("models")])
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("broken.safetensors"))
    }
}
