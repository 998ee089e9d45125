import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Checkpoints in all the forms in which they go around, and those that do not fit.
@Suite struct ModelImportTests {
    /// The parts of a published checkpoint, to be put together in other ways.
    private struct Parts {
        var state: [(String, TorchValue)]
        var settings: JSONObject
        var shadow: [TorchValue]

        init(_ fixture: Fixture) throws {
            let file = try TorchCheckpoint(path: fixture.path(of: try #require(fixture.config["ckpt"].string)))
            let tensors = try file.tensors(file.root["state_dict"])
            state = try tensors.names.map { ($0, .tensor(try tensors.tensor($0))) }
            settings = try #require(file.root["hyper_parameters"].json().object)
            shadow = try #require(file.root["ema"]["shadow_params"].elements).map {
                .tensor(try file.tensor(try #require($0.tensor)))
            }
        }

        var checkpoint: TorchValue {
            .dictionary([
                ("state_dict", .dictionary(state)), ("hyper_parameters", TorchValue(.object(settings))),
                ("ema", .dictionary([("decay", .number(0.999)), ("num_updates", .integer(6)), ("shadow_params", .list(shadow))])),
            ])
        }
    }

    private static let fixture = Fixture.all(in: "sgmse/ckpt_sgmse")[0]
    private let folder = ModelFolder()

    private func write(_ value: TorchValue, _ name: String = "x.ckpt") throws -> String {
        try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
        try TorchCheckpoint.write(value, to: folder.path(name))
        return folder.path(name)
    }

    private func load(_ path: String, _ overrides: JSONObject = JSONObject()) throws -> PublishedModel {
        let model = try ModelImport(checkpoint: PublishedCheckpoint(path: path), overrides: overrides)
        return try PublishedModel(folder.store.install(model, as: "m", replaces: true))
    }

    private func tensors(_ model: PublishedModel) -> [String: Tensor] { Dictionary(uniqueKeysWithValues: model.tensors) }

    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sgmse") + Fixture.all(in: "sgmse/ckpt_sb"))
    func installedTensorsAreTheAveragedOnes(_ fixture: Fixture) throws {
        let loaded = try tensors(fixture.installedModel(in: folder))
        let averaged = try SafeTensorsFile(path: fixture.path(of: "ema.safetensors"))
        #expect(Set(loaded.keys) == Set(averaged.names))
        for name in averaged.names { #expect(try loaded[name] == averaged.tensor(name), "\(name)") }
        let installed = try folder.store.find("model")
        #expect(installed.settings["weights"].string?.contains("averaged") == true)
        #expect(installed.settings["hyper_parameters"]["data_module_cls"].string == "sgmse.data_module.SpecsDataModule")
    }

    @Test func withoutAverageTheLastWeightsAreTaken() throws {
        var parts = try Parts(Self.fixture)
        parts.shadow = []
        let loaded = try tensors(load(write(parts.checkpoint)))
        let raw = try SafeTensorsFile(path: Self.fixture.path(of: "state_dict.safetensors"))
        for name in raw.names { #expect(try loaded[name] == raw.tensor(name)) }
        #expect(try folder.store.find("m").settings["weights"].string?.contains("no average") == true)
    }

    /// Old averages leave out what never trains.
    @Test func averageWithoutFixedFrequencies() throws {
        var parts = try Parts(Self.fixture)
        let fixed = try #require(parts.state.firstIndex { $0.0.hasSuffix("all_modules.0.W") })
        parts.shadow.remove(at: fixed)
        let loaded = try tensors(load(write(parts.checkpoint)))
        let averaged = try SafeTensorsFile(path: Self.fixture.path(of: "ema.safetensors"))
        for name in averaged.names { #expect(try loaded[name] == averaged.tensor(name), "\(name)") }
    }

    /// CASES C35: everything that does not fit is named with its shape, and nothing is installed.
    @Test func faultsAreListedTogether() throws {
        var parts = try Parts(Self.fixture)
        let missing = parts.state.remove(at: 5).0
        guard case .tensor(let tensor) = parts.state[20].1 else { return }
        let reshaped = parts.state[20].0
        parts.state[20].1 = .tensor(Tensor.zeros(tensor.shape + [3]))
        parts.state += [("dnn.extra", .tensor(.zeros([7]))), ("other.extra", .tensor(.zeros([2, 9])))]
        let path = try write(parts.checkpoint)
        do {
            _ = try load(path)
            Issue.record("accepted")
        } catch CheckpointError.mismatch(_, let faults) {
            #expect(faults.count == 4, "\(faults)")
            let text = faults.joined(separator: "\n")
            for word in [missing, reshaped, "\(tensor.shape + [3])", "\(tensor.shape)", "dnn.extra [7]", "other.extra [2, 9]"] {
                #expect(text.contains(word), "\(word) is missing in \(text)")
            }
        }
        #expect(folder.files == ["x.ckpt"])
    }

    @Test func averageThatDoesNotFit() throws {
        var parts = try Parts(Self.fixture)
        parts.shadow.swapAt(0, 3)
        #expect(throws: CheckpointError.self) { try load(write(parts.checkpoint)) }
        parts.shadow.removeLast(2)
        #expect(throws: CheckpointError.self) { try load(write(parts.checkpoint)) }
        #expect(folder.files == ["x.ckpt"])
    }

    /// Bare state dicts, with and without the prefixes that wrappers add; settings come from elsewhere.
    @Test(arguments: ["", "dnn.", "module.dnn.", "_orig_mod.module."])
    func bareStateDicts(_ prefix: String) throws {
        let parts = try Parts(Self.fixture)
        let state = parts.state.map { (prefix + $0.0.dropFirst("dnn.".count), $0.1) }
        let path = try write(.dictionary(state), "weights.bin")
        #expect(throws: ModelError.noSettings(path: path)) { try load(path) }
        let loaded = try tensors(load(path, parts.settings))
        let raw = try SafeTensorsFile(path: Self.fixture.path(of: "state_dict.safetensors"))
        for name in raw.names { #expect(try loaded[name] == raw.tensor(name)) }
    }

    @Test func settingsThatCannotBeUsed() throws {
        let parts = try Parts(Self.fixture), path = try write(parts.checkpoint)
        let cases: [(String, JSONValue, String)] = [
            ("nf", .integer(1_000_000_000), "nf"), ("nf", .string("many"), "nf"), ("ch_mult", .array([]), "multipliers"),
            ("ch_mult", .array([.integer(1 << 40)]), "ch_mult"), ("n_fft", .integer(1 << 40), "n_fft"),
            ("n_fft", .integer(512), "bins"), ("hop_length", .integer(0), "hop_length"), ("sigma_max", .number(0.01), "σ_max"),
            ("theta", .number(-1), "θ"), ("backbone", .string("unet9"), "unet9"), ("sde", .string("ouvp"), "ouvp"),
            ("spec_factor", .integer(0), "factor"), ("sr", .integer(0), "sr"), ("N", .integer(0), "N"),
            ("t_eps", .number(2), "end time"), ("loss_type", .string("x"), "loss_type"), ("image_size", .integer(128), "attention"),
            ("num_res_blocks", .integer(64), "parameters"), ("embedding_type", .string("positional"), "embedding_type"),
            ("sde", .string("sbve"), "data_prediction"),
        ]
        for (name, value, word) in cases {
            do {
                _ = try load(path, [name: value])
                Issue.record("\(name) = \(value.text) was accepted")
            } catch let error as ModelError {
                let message = error.localizedDescription
                #expect(message.contains(word) && message.contains(path), "\(message)")
            }
        }
    }

    /// CASES C36: two checkpoints make different sounds; the same one makes the same bits again.
    @Test func modelsDiffer() throws {
        let settings = try Parts(Self.fixture).settings
        let averaged = try load(Self.fixture.path(of: try #require(Self.fixture.config["ckpt"].string)))
        let raw = try load(Self.fixture.path(of: "state_dict.safetensors"), settings)
        let noisy = try Self.fixture.floats("noisy")
        let results = try [averaged, raw, averaged].map { model in
            try model.enhance(noisy, steps: 1, noise: SegmentNoise(seed: 3)) { _ in }
        }
        #expect(results[0] != results[1] && results[0] == results[2])
    }

    /// Any length goes in and comes out, also those that the published program refuses (C12).
    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sb") + Fixture.all(in: "sgmse/e2e_ears"))
    func anyLength(_ fixture: Fixture) throws {
        let model = try fixture.installedModel(in: folder, options: SamplerOptions(steps: 1))
        var rng = Philox(seed: 4)
        for length in [1, 2, 63, 64, 127, 800, 1023, 1025] {
            let recording = AudioBuffer(channels: [(0..<length).map { _ in 0.1 * rng.nextGaussian() }], sampleRate: model.sampleRate)
            let enhanced = try SpeechEnhancer(model: model).enhance(recording)
            #expect(enhanced.frameCount == length && enhanced.channels[0].allSatisfy(\.isFinite))
        }
        let silence = AudioBuffer(channels: [[Float](repeating: 0, count: 700)], sampleRate: model.sampleRate)
        #expect(try SpeechEnhancer(model: model).enhance(silence).channels[0].allSatisfy { $0 == 0 })
    }

    @Test func names() throws {
        let model = try ModelImport(checkpoint: PublishedCheckpoint(
            path: Self.fixture.path(of: try #require(Self.fixture.config["ckpt"].string))))
        for name in ["", "..", ".x", "-x", "a/b", "a b", "ä", String(repeating: "x", count: 101), "x.safetensors"] {
            #expect(throws: ModelError.invalidName(name)) { try folder.store.install(model, as: name) }
        }
        #expect(folder.files.isEmpty)
        try folder.store.install(model, as: "epoch-1", purpose: "p", licence: "MIT")
        #expect(throws: ModelError.self) { try folder.store.install(model, as: "epoch-1") }
        let replaced = try folder.store.install(model, as: "epoch-1", purpose: "q", replaces: true)
        #expect(replaced.purpose == "q" && folder.files == ["epoch-1.safetensors"])
    }
}
