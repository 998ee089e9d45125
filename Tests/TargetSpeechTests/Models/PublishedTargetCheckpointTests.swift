import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Real Lightning checkpoints: read, installed, read back, run.
@Suite struct PublishedTargetCheckpointTests {
    private static let sets = Fixture.all(in: "tsh/checkpoints")

    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("target-models-\(UUID().uuidString)")
        deinit { try? FileManager.default.removeItem(at: url) }
        var store: ModelStore { ModelStore(executable: "/nowhere/bin/audiotool", environment: ["AUDIOTOOL_MODELS": url.path]) }
    }

    private func inner(_ fixture: Fixture, _ name: String) throws -> Fixture {
        try Fixture(folder: fixture.folder.appendingPathComponent(name), root: fixture.folder)
    }

    private func checkpoint(_ fixture: Fixture, _ file: String) throws -> PublishedTargetCheckpoint {
        try #require(PublishedTargetCheckpoint(StateDictionary(path: fixture.path(of: file))))
    }

    @Test(arguments: sets) func extractor(_ fixture: Fixture) throws {
        let run = try inner(fixture, "extractor"), folder = Folder()
        let file = try folder.store.install(
            checkpoint(fixture, "tiny-extractor.ckpt"), settings: run.config, as: "hear", licence: "test")
        #expect(file.kind == ModelFile.Kind.extractor.rawValue && file.sampleRate == 16_000 && file.licence == "test")
        let network = try TFGridNetExtractor(folder.store.model(nil, kind: .extractor))
        let output = network(try run.tensor("mixture"), embedding: try run.tensor("embedding").squeezed(at: 1))
        expectClose(output, try run.tensor("output"), absolute: 5e-5)
        #expect(throws: ModelError.self) { try EnrollmentNetwork(file) }
    }

    @Test(arguments: sets) func enrollment(_ fixture: Fixture) throws {
        let run = try inner(fixture, "enroll"), folder = Folder()
        try folder.store.install(checkpoint(fixture, "tiny-enroll.ckpt"), settings: run.config, as: "enroll")
        let network = try EnrollmentNetwork(folder.store.model(nil, kind: .enrollment))
        expectClose(network(try run.tensor("enrollment")), try run.tensor("embedding"), absolute: 3e-6)
    }

    @Test func settingsThatDoNotFit() throws {
        let fixture = Self.sets[0]
        let run = try inner(fixture, "extractor"), folder = Folder()
        let checkpoint = try checkpoint(fixture, "tiny-extractor.ckpt")
        let settings = try #require(run.config["model_params"].object)
        func install(_ key: String, _ value: JSONValue) throws {
            try folder.store.install(checkpoint, settings: .object(settings.setting(key, to: value)), as: "m")
        }
        for (key, value) in [("D", 16), ("H", 7), ("stft_pad_size", 10), ("embed_dim", 21), ("B", 2), ("num_ch", 1)] {
            #expect(throws: CheckpointError.self, "\(key)") { try install(key, .integer(value)) }
        }
        // The same shapes, another window.
        #expect(throws: CheckpointError.self) {
            var moved = settings.setting("stft_chunk_size", to: .integer(18))
            moved = moved.setting("stft_pad_size", to: .integer(6))
            try folder.store.install(checkpoint, settings: .object(moved), as: "m")
        }
        for (key, value) in [("use_attn", JSONValue.bool(false)), ("L", .integer(3)), ("D", .string("8")), ("B", .integer(0)), ("D", .integer(0)), ("stft_chunk_size", .integer(-5)), ("num_ch", .integer(.max)), ("D", .integer(1_024_000))] {
            #expect(throws: ModelError.self, "\(key)") { try install(key, value) }
        }
        #expect(throws: ModelError.noSettings(path: checkpoint.path)) {
            try folder.store.install(checkpoint, settings: .null, as: "m")
        }
        #expect(folder.store.entries().isEmpty)
    }

    @Test func otherTensorsAreNeither() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("other-\(UUID().uuidString).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SafeTensorsFile.write([("conv.0.weight", Tensor([1], shape: [1]))], metadata: [:], to: path)
        #expect(PublishedTargetCheckpoint(try StateDictionary(path: path)) == nil)
    }
}
