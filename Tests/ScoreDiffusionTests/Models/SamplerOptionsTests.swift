import NeuralCore
import Testing

@testable import ScoreDiffusion

@Suite struct SamplerOptionsTests {
    private let score = Sampling.score(OUVESDE(), PredictorCorrectorSampler())
    private let bridge = Sampling.bridge(SchroedingerBridgeVE(), BridgeSampler())

    @Test func wishesAreHeeded() throws {
        let options = SamplerOptions(steps: 7, correctorSteps: 2, snr: 0.33, endTime: 0.1)
        guard case .score(_, let sampler) = try score.adjusted(by: options) else { return }
        #expect(sampler.stepCount == 7 && sampler.endTime == 0.1)
        #expect(sampler.corrector == .annealedLangevin(snr: 0.33, steps: 2))
        guard case .score(_, let plain) = try score.adjusted(by: SamplerOptions(correctorSteps: 0)) else { return }
        #expect(plain.corrector == .none && plain.stepCount == 30)
        #expect(try score.adjusted(by: SamplerOptions()) == score)
        #expect(try bridge.adjusted(by: SamplerOptions()) == bridge)
        let stochastic = try bridge.adjusted(by: SamplerOptions(kind: .sde, steps: 4, endTime: 0.01))
        #expect(stochastic == .bridge(SchroedingerBridgeVE(), BridgeSampler(kind: .sde, stepCount: 4, endTime: 0.01)))
        #expect(try score.adjusted(by: SamplerOptions(kind: .heun, steps: 9)).stepCount == 9)
        #expect(try score.adjusted(by: SamplerOptions(kind: .ode)).stepCount == nil)
    }

    @Test func wishesThatDoNotFitAreNamed() throws {
        let cases: [(Sampling, SamplerOptions, String)] = [
            (bridge, SamplerOptions(snr: 0.5), "--snr"), (bridge, SamplerOptions(correctorSteps: 1), "--corrector-steps"),
            (bridge, SamplerOptions(kind: .predictorCorrector), "--sampler"), (bridge, SamplerOptions(kind: .heun), "--sampler"),
            (score, SamplerOptions(kind: .sde), "--sampler"), (score, SamplerOptions(kind: .ode, steps: 3), "--steps"),
            (score, SamplerOptions(kind: .ode, snr: 0.5), "--snr"), (score, SamplerOptions(correctorSteps: 0, snr: 0.5), "--snr"),
        ]
        for (sampling, options, word) in cases {
            do {
                _ = try sampling.adjusted(by: options)
                Issue.record("\(options) was accepted")
            } catch let error as ScoreDiffusionError {
                #expect(error.localizedDescription.contains(word))
            }
        }
        #expect(throws: ScoreDiffusionError.self) { try score.adjusted(by: SamplerOptions(endTime: 1)) }
        #expect(throws: ScoreDiffusionError.self) { try score.adjusted(by: SamplerOptions(snr: -1)) }
    }

    @Test func defaultsAreThePublishedOnes() throws {
        let enhancer = try PublishedSettings(HyperParameters(["backbone": "ncsnpp"]))
        #expect(enhancer.sampling == score && enhancer.padding == .zeros && enhancer.sampleRate == 16_000)
        #expect(enhancer.transform == .sgmse16kHz && enhancer.network == .ncsnpp(.ncsnpp))
        let reverb = try PublishedSettings(HyperParameters(["format": "reverb"]))
        guard case .score(_, let sampler) = reverb.sampling else { return }
        #expect(sampler.stepCount == 50 && sampler.corrector == .annealedLangevin(snr: 0.33, steps: 1))
        let wide = try PublishedSettings(HyperParameters([
            "backbone": "ncsnpp_48k", "n_fft": .integer(1534), "hop_length": .integer(384), "spec_factor": .number(0.065),
            "spec_abs_exponent": .number(0.667),
        ]))
        #expect(wide.sampleRate == 48_000 && wide.padding == .reflection && wide.transform == .sgmse48kHz)
        let bridge = try PublishedSettings(HyperParameters([
            "backbone": "ncsnpp_v2", "sde": "sbve", "loss_type": "data_prediction",
        ]))
        #expect(bridge.sampling == self.bridge && bridge.padding == .reflection)
        let complex = try PublishedSettings(HyperParameters(["backbone": "dcunet", "n_fft": .integer(512)]))
        #expect(complex.network == .dcunet(DCUNetConfiguration()) && complex.padding == .zeros)
    }
}
