import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import ScoreDiffusion
import TestSupport
import Testing

/// From a published checkpoint and a WAV file to a WAV file: installed by `models import`, the recording read, brought to
/// the model's level and padding, sampled with the draws of the published program's run, and written. Sample for sample
/// within 5e-5 of the published program's output, relative L2; within 1e-3 by a bridge's ODE, whose reference loses that
/// much itself.
@Suite struct ImportedModelParityTests {
    /// A run that a set has recorded.
    struct Run: Sendable, CustomTestStringConvertible {
        var fixture: Fixture
        /// Names of the result and of the draws; nil without draws.
        var result: String
        var draws: String?
        var options = SamplerOptions()
        var tolerance = 5e-5
        var testDescription: String { "\(fixture) \(result)" }
    }

    private static let runs: [Run] = {
        var runs: [Run] = []
        for fixture in Fixture.all(in: "sgmse/ckpt_sgmse") + Fixture.all(in: "sgmse/e2e_ears") {
            let run = fixture.config["enhance"]
            let options = SamplerOptions(
                steps: run["N"].int, correctorSteps: run["corrector_steps"].int, snr: run["snr"].double, endTime: run["t_eps"].double)
            runs.append(Run(fixture: fixture, result: "enhanced", draws: "noise", options: options))
        }
        for fixture in Fixture.all(in: "sgmse/ckpt_sb") {
            runs.append(Run(fixture: fixture, result: "script.enhanced", tolerance: 1e-3))
            runs.append(Run(fixture: fixture, result: "ode.enhanced", tolerance: 1e-3))
            runs.append(Run(fixture: fixture, result: "sde.enhanced", draws: "sde.noise", options: SamplerOptions(kind: .sde)))
        }
        return runs
    }()

    /// The model with recorded draws instead of seeded ones.
    private struct Replaying: SpeechModel {
        var model: PublishedModel
        var draws: [Tensor]
        var padding: FramePadding?

        var sampleRate: Int { model.sampleRate }
        var defaultSteps: Int { model.defaultSteps }
        var frameAlignment: Int { model.frameAlignment }
        var preparation: SignalPreparation { model.preparation }
        var segmentation: Segmentation { model.segmentation }

        func enhance(
            _ waveform: [Float], steps: Int, noise: SegmentNoise, onStep: (Int) throws -> Void
        ) throws -> [Float] {
            var random = RecordedNoise(draws)
            let result = try model.enhance(waveform, using: &random, padding: padding) { try onStep($0.step + 1) }
            #expect(random.remaining == 0)
            return result
        }
    }

    @Test(arguments: runs) func waveToWave(_ run: Run) throws {
        let fixture = run.fixture, folder = try Scratch(), environment = ["AUDIOTOOL_MODELS": folder.path("models")]
        let checkpoint = fixture.config["ckpt"].string ?? "model.safetensors"
        let imported = try Tool.run(
            ["models", "import", fixture.path(of: checkpoint), "--name", "model"], in: folder, environment: environment)
        #expect(imported.code == 0, "\(imported.errors)")
        let installed = try ModelStore(environment: environment).find("model")
        let model = try PublishedModel(installed, options: run.options)

        // The program's script pads as the backbone wants, its library call by zeros.
        let isScript = run.result.hasPrefix("script") || fixture.config["pad_mode"].string != nil
        let draws = try run.draws.map { try spectra(of: fixture, $0) } ?? []
        let enhancer = SpeechEnhancer(model: Replaying(model: model, draws: draws, padding: isScript ? nil : .zeros))
        let noisy = try fixture.floats("noisy"), expected = try fixture.floats(run.result)
        try folder.write(noisy, rate: model.sampleRate, to: "noisy.wav", .wavFloat)
        let source = try FileSource(path: folder.path("noisy.wav"))
        let writer = try AudioFileWriter(
            path: folder.path("clean.wav"), format: .wavFloat, sampleRate: model.sampleRate, channels: 1)
        try enhancer.enhance(source, into: writer.write)
        _ = try writer.finish()
        let clean = try folder.read("clean.wav")
        #expect(clean.sampleRate == model.sampleRate)
        expectClose(clean.channels[0], expected, relativeL2: run.tolerance, run.result)
        // No sample is off either: within the same share of the peak.
        expectClose(clean.channels[0], expected, relativeToPeak: run.tolerance, run.result)
    }

    /// A stack of complex draws `[draw, 1, 1, bins, frames, 2]`, each as `[1, frames, bins, 2]`.
    private func spectra(of fixture: Fixture, _ name: String) throws -> [Tensor] {
        let stack = try fixture.tensor(name), shape = stack.shape
        let (bins, frames) = (shape[shape.count - 3], shape[shape.count - 2])
        return (0..<shape[0]).map { index in
            stack.sliced(axis: 0, index..<index + 1).reshaped([1, bins, frames, 2]).transposed([0, 2, 1, 3])
        }
    }
}
