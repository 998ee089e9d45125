import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// From a WAV file to a WAV file with the checkpoint, the settings and the noise of a published program's run: import,
/// level, transform, padding, sampler and network together. Waveforms within 5e-5 (score models, bridge SDE) or 1e-3
/// (bridge ODE, whose reference loses that much itself) of the program's own, relative L2.
@Suite struct EnhancementParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sgmse"))
    func scoreModel(_ fixture: Fixture) throws {
        let model = try fixture.installedModel(in: ModelFolder(), options: fixture.runOptions)
        var noise = RecordedNoise(try fixture.spectraSequence("noise"))
        try expectEnhanced(fixture, model, .zeros, &noise, "enhanced", sample: "sample", tolerance: 5e-5)
        #expect(noise.remaining == 0)
    }

    /// A reader that forgets the average is caught: its result is the recorded one of the raw weights.
    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sgmse"))
    func averagedWeightsAreTaken(_ fixture: Fixture) throws {
        let model = try fixture.installedModel(in: ModelFolder(), options: fixture.runOptions)
        var noise = RecordedNoise(try fixture.spectraSequence("noise"))
        let enhanced = try model.enhance(fixture.floats("noisy"), using: &noise, padding: .zeros)
        let raw = try fixture.floats("enhanced_raw_weights")
        let distance = zip(enhanced, raw).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        let energy = raw.reduce(0) { $0 + Double($1 * $1) }
        #expect((distance / energy).squareRoot() > 1e-3)
    }

    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sb"))
    func bridgeByODE(_ fixture: Fixture) throws {
        let model = try fixture.installedModel(in: ModelFolder())
        var noise = RecordedNoise([])
        try expectEnhanced(fixture, model, .zeros, &noise, "ode.enhanced", sample: "ode.sample", tolerance: 1e-3)
        try expectEnhanced(fixture, model, nil, &noise, "script.enhanced", tolerance: 1e-3)
    }

    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sb"))
    func bridgeBySDE(_ fixture: Fixture) throws {
        let model = try fixture.installedModel(in: ModelFolder(), options: SamplerOptions(kind: .sde))
        var noise = RecordedNoise(try fixture.spectraSequence("sde.noise"))
        try expectEnhanced(fixture, model, .zeros, &noise, "sde.enhanced", sample: "sde.sample", tolerance: 5e-5)
        #expect(noise.remaining == 0)
    }

    /// The program's own command for a 48 kHz model: reflected frames, another compression, weights without average.
    @Test(arguments: Fixture.all(in: "sgmse/e2e_ears"))
    func wideBandModel(_ fixture: Fixture) throws {
        let model = try fixture.installedModel(in: ModelFolder(), options: fixture.runOptions)
        #expect(model.settings.padding == FramePadding(published: fixture.config["pad_mode"].string))
        var noise = RecordedNoise(try fixture.spectraSequence("noise"))
        try expectEnhanced(fixture, model, nil, &noise, "enhanced", sample: "sample", tolerance: 5e-5)
        #expect(noise.remaining == 0)
    }

    /// What `audiotool enhance` runs: the recording's way through the enhancer around the model changes nothing.
    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sb"))
    func enhancerAroundTheModel(_ fixture: Fixture) throws {
        let model = try fixture.installedModel(in: ModelFolder())
        let recording = AudioBuffer(channels: [try fixture.floats("noisy")], sampleRate: model.sampleRate)
        let enhanced = try SpeechEnhancer(model: model).enhance(recording)
        expectClose(enhanced.channels[0], try fixture.floats("script.enhanced"), relativeL2: 1e-3, "enhancer")
    }

    private func expectEnhanced(
        _ fixture: Fixture, _ model: PublishedModel, _ padding: FramePadding?, _ noise: inout RecordedNoise,
        _ expected: String, sample: String? = nil, tolerance: Double
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (input, output) = (folder.appendingPathComponent("noisy.wav").path, folder.appendingPathComponent("clean.wav").path)
        let expectedSamples = try fixture.floats(expected)
        // The tiny networks are untrained and loud; a common gain keeps the files within full scale.
        let gain = 0.5 / max(expectedSamples.reduce(0) { max($0, abs($1)) }, 1)
        try WAV.write(try fixture.floats("noisy"), to: input, rate: model.sampleRate)

        var last: Tensor?
        let enhanced = try model.enhance(try WAV.read(input), using: &noise, padding: padding) { last = $0.mean }
        try WAV.write(enhanced.map { $0 * gain }, to: output, rate: model.sampleRate)
        expectClose(try WAV.read(output).map { $0 / gain }, expectedSamples, relativeL2: tolerance, expected)
        if let sample {
            let tolerance = tolerance == 5e-5 ? 2e-5 : tolerance
            expectClose(try #require(last).values, try fixture.spectra(sample).values, relativeL2: tolerance, sample)
        }
    }
}

extension FramePadding {
    /// By the names of the published program.
    fileprivate init?(published name: String?) {
        switch name {
        case "zero_pad": self = .zeros
        case "reflection": self = .reflection
        case "replication": self = .replication
        default: return nil
        }
    }
}
