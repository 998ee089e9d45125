import Foundation
import NeuralCore
import Testing

@testable import ModelLibrary

@Suite struct ModelStoreTests {
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("model-store-\(UUID().uuidString)")
        deinit { try? FileManager.default.removeItem(at: url) }

        func model(_ name: String, kind: String = "speech-enhancer", config: String = #"{"purpose": "p", "defaultSteps": 3}"#) throws {
            let path = url.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try SafeTensorsFile.write([("a", Tensor([1, 2], shape: [2]))], metadata: ["kind": kind, "config": config], to: path.path)
        }

        func store(_ executable: String, named: String? = nil) -> ModelStore {
            let environment = named.map { ["AUDIOTOOL_MODELS": url.appendingPathComponent($0).path] } ?? [:]
            return ModelStore(executable: url.appendingPathComponent(executable).path, environment: environment)
        }
    }

    @Test func installedProgram() throws {
        let folder = Folder()
        try folder.model("usr/share/audiotool/models/one.safetensors")
        let model = try folder.store("usr/bin/audiotool").model(nil, kind: .enhancer)
        #expect(model.name == "one" && model.purpose == "p" && model.defaultSteps == 3)
        #expect(try model.parameterCount == 2)
    }

    @Test func buildFolder() throws {
        let folder = Folder()
        try folder.model("checkout/models/one.safetensors")
        try Data().write(to: folder.url.appendingPathComponent("checkout/Package.swift"))
        let store = folder.store("checkout/.build/x86_64-unknown-linux-gnu/release/audiotool")
        #expect(store.entries().map(\.name) == ["one"])
    }

    @Test func environmentComesFirst() throws {
        let folder = Folder()
        try folder.model("usr/share/audiotool/models/one.safetensors", config: #"{"purpose": "installed"}"#)
        try folder.model("mine/one.safetensors", config: #"{"purpose": "mine"}"#)
        try folder.model("mine/two.safetensors", config: #"{"default": true}"#)
        let store = folder.store("usr/bin/audiotool", named: "mine")
        #expect(store.entries().map(\.name) == ["one", "two"])
        #expect(try store.find("one").purpose == "mine")
        #expect(try store.model(nil, kind: .enhancer).name == "two")
    }

    @Test func refusals() throws {
        let folder = Folder()
        let empty = folder.store("bin/audiotool")
        #expect(throws: ModelError.noModels(of: ModelFile.Kind.enhancer.rawValue, known: [], searched: empty.searched)) { try empty.model(nil, kind: .enhancer) }
        try folder.model("m/music.safetensors", kind: "music")
        let store = folder.store("bin/audiotool", named: "m")
        #expect { try store.model(nil, kind: .enhancer) } throws: { error in
            let text = error.localizedDescription
            return text.contains("kind 'speech-enhancer'") && text.contains("only: music") && !text.contains("No model is installed")
        }
        #expect(throws: ModelError.unknown(name: "x", known: ["music"], searched: store.searched)) {
            try store.model("x", kind: .enhancer)
        }
        let path = folder.url.appendingPathComponent("m/music.safetensors").path
        #expect(throws: ModelError.wrongKind(path: path, kind: "music", wanted: "speech-enhancer")) {
            try store.model("music", kind: .enhancer)
        }
        #expect(throws: CheckpointError.self) { try store.model("none.safetensors", kind: .enhancer) }
        try folder.model("m/odd.safetensors", config: "[1]")
        #expect(throws: ModelError.self) { try store.find("odd") }
    }

    @Test func contentHashIsOfTheBytes() throws {
        let folder = Folder()
        try folder.model("m/a.safetensors")
        try folder.model("m/b.safetensors")
        try folder.model("m/c.safetensors", config: "{}")
        let store = folder.store("bin/audiotool", named: "m")
        let hashes = try ["a", "b", "c"].map { try store.find($0).contentHash() }
        #expect(hashes[0] == hashes[1] && hashes[0] != hashes[2])
    }
}
