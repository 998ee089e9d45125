import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// A folder for installed models that goes away with the test.
final class ModelFolder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("models-\(UUID().uuidString)")
    deinit { try? FileManager.default.removeItem(at: url) }

    var store: ModelStore { ModelStore(executable: "/nowhere/bin/audiotool", environment: ["AUDIOTOOL_MODELS": url.path]) }
    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

extension Fixture {
    /// The set's checkpoint, installed as a user would install it and read back.
    func installedModel(in folder: ModelFolder, options: SamplerOptions = SamplerOptions()) throws -> PublishedModel {
        let name = config["ckpt"].string ?? "model.safetensors"
        let checkpoint = try PublishedCheckpoint(path: path(of: name))
        // A bare file of weights has its settings beside it.
        let overrides = checkpoint.hyperParameters.keys.isEmpty ? config.object ?? JSONObject() : JSONObject()
        let installed = try folder.store.install(ModelImport(checkpoint: checkpoint, overrides: overrides), as: "model")
        return try PublishedModel(installed, options: options)
    }

    /// The sampler options of a recorded run.
    var runOptions: SamplerOptions {
        let run = config["enhance"]
        return SamplerOptions(
            steps: run["N"].int, correctorSteps: run["corrector_steps"].int, snr: run["snr"].double,
            endTime: run["t_eps"].double)
    }
}

/// Float WAV files, so that rounding to integers does not hide what is compared.
enum WAV {
    static func write(_ samples: [Float], to path: String, rate: Int) throws {
        _ = try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: rate), to: path, format: .wavFloat)
    }

    static func read(_ path: String) throws -> [Float] { try AudioFile.read(path).channels[0] }
}
