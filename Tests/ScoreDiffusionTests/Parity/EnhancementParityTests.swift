import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// From a WAV file to a WAV file with the weights, the settings and the noise of a published program's run: level,
/// transform, padding, sampler and network together. Waveforms within 5e-5 (score model, bridge SDE) or 1e-3 (bridge
/// ODE, whose reference loses that much itself) of the program's own, relative L2.
@Suite struct EnhancementParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sgmse"))
    func scoreModel(_ fixture: Fixture) throws {
        let parameters = fixture.config["hyper_parameters"], run = fixture.config["enhance"]
        let process = try OUVESDE(reference: parameters)
        let sampler = PredictorCorrectorSampler(
            corrector: .annealedLangevin(
                snr: try #require(run["snr"].double), steps: try #require(run["corrector_steps"].int)),
            stepCount: try #require(run["N"].int), endTime: try #require(fixture.config["t_eps"].double))
        let model = try fixture.publishedModel(process, reading: .negatedScore)
        let pipeline = DiffusionPipeline(
            network: model, transform: try SpectrogramTransform(.init(reference: parameters)),
            sampling: .score(process, sampler), frameMultiple: 64)
        var noise = RecordedNoise(try fixture.spectraSequence("noise"))
        try expectEnhanced(fixture, pipeline, &noise, "enhanced", sample: "sample", tolerance: 5e-5)
        #expect(noise.remaining == 0)
    }

    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sb"))
    func bridgeByODE(_ fixture: Fixture) throws {
        var pipeline = try fixture.bridgePipeline(.ode)
        var noise = RecordedNoise([])
        try expectEnhanced(fixture, pipeline, &noise, "ode.enhanced", sample: "ode.sample", tolerance: 1e-3)
        pipeline.padding = .reflection
        try expectEnhanced(fixture, pipeline, &noise, "script.enhanced", tolerance: 1e-3)
    }

    @Test(arguments: Fixture.all(in: "sgmse/ckpt_sb"))
    func bridgeBySDE(_ fixture: Fixture) throws {
        let pipeline = try fixture.bridgePipeline(.sde)
        var noise = RecordedNoise(try fixture.spectraSequence("sde.noise"))
        try expectEnhanced(fixture, pipeline, &noise, "sde.enhanced", sample: "sde.sample", tolerance: 5e-5)
        #expect(noise.remaining == 0)
    }

    private func expectEnhanced(
        _ fixture: Fixture, _ pipeline: DiffusionPipeline<some ScoreNetwork>, _ noise: inout RecordedNoise,
        _ expected: String, sample: String? = nil, tolerance: Double
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let rate = fixture.config["hyper_parameters"]["sr"].int ?? 16000
        let (input, output) = (folder.appendingPathComponent("noisy.wav").path, folder.appendingPathComponent("clean.wav").path)
        let expectedSamples = try fixture.floats(expected)
        // The tiny networks are untrained and loud; a common gain keeps the files within full scale.
        let gain = 0.5 / max(expectedSamples.reduce(0) { max($0, abs($1)) }, 1)
        try WAV.write(try fixture.floats("noisy"), to: input, rate: rate)

        var last: Tensor?
        let enhanced = try pipeline.enhance(try WAV.read(input), using: &noise) { last = $0.mean }
        try WAV.write(enhanced.map { $0 * gain }, to: output, rate: rate)
        expectClose(try WAV.read(output).map { $0 / gain }, expectedSamples, relativeL2: tolerance, expected)
        if let sample {
            let tolerance = tolerance == 5e-5 ? 2e-5 : tolerance
            expectClose(try #require(last).values, try fixture.spectra(sample).values, relativeL2: tolerance, sample)
        }
    }
}

/// Float WAV files, so that rounding to integers does not hide what is compared.
private enum WAV {
    static func write(_ samples: [Float], to path: String, rate: Int) throws {
        _ = try AudioFile.write(AudioBuffer(channels: [samples], sampleRate: rate), to: path, format: .wavFloat)
    }

    static func read(_ path: String) throws -> [Float] { try AudioFile.read(path).channels[0] }
}

extension Fixture {
    /// The network of a published checkpoint with its averaged weights, the ones that are evaluated.
    fileprivate func publishedModel<Process: SDE>(
        _ process: Process, reading: NCSNppScoreModel<Process>.Reading
    ) throws -> NCSNppScoreModel<Process> {
        var rng = Philox(seed: 1)
        let settings = try NCSNppConfiguration(reference: config["hyper_parameters"])
        var model = NCSNppScoreModel(try NCSNpp(settings, using: &rng), process: process, reading: reading)
        try model.load(from: SafeTensorsFile(path: path(of: "ema.safetensors")))
        return model
    }

    fileprivate func bridgePipeline(
        _ kind: BridgeSampler.Kind
    ) throws -> DiffusionPipeline<NCSNppScoreModel<SchroedingerBridgeVE>> {
        let parameters = config["hyper_parameters"]
        let process = try SchroedingerBridgeVE(reference: parameters)
        let reading = NCSNppScoreModel<SchroedingerBridgeVE>.Reading.preconditioned(
            try Preconditioning(reference: parameters), .cleanEstimate)
        return DiffusionPipeline(
            network: try publishedModel(process, reading: reading),
            transform: try SpectrogramTransform(.init(reference: parameters)),
            sampling: .bridge(process, BridgeSampler(kind: kind, stepCount: try #require(parameters["N"].int))),
            frameMultiple: 64)
    }
}
