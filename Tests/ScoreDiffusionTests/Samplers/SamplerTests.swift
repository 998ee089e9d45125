import NeuralCore
import Testing

@testable import ScoreDiffusion

private struct Cancelled: Error {}

@Suite struct SamplerTests {
    private let noisy = Tensor([1, -1, 0.5, 2], shape: [1, 1, 2, 2])

    /// With the exact score of a known clean spectrum the sampler finds that spectrum.
    @Test func exactScoreLeadsToTheCleanSpectrum() throws {
        let clean = Tensor([0.3, 0.2, -0.7, 0.1], shape: [1, 1, 2, 2]), sde = OUVESDE()
        var noise = PhiloxNoise(seed: 1)
        let sampler = PredictorCorrectorSampler(corrector: .none, stepCount: 400, endTime: 1e-3)
        let result = try sampler.sample(sde, around: noisy, using: &noise) { state, time in
            let deviation = sde.marginal(at: time).deviation
            return (sde.mean(clean: clean, noisy: noisy, at: [time]) - state) * Float(1 / (deviation * deviation))
        }
        #expect(zip(result.values, clean.values).allSatisfy { abs($0 - $1) < 0.02 })
    }

    /// A bridge whose network knows the answer arrives there however few steps it takes.
    @Test(arguments: BridgeSampler.Kind.allCases, [1, 2, 10])
    func bridgeArrivesAtAConstantEstimate(_ kind: BridgeSampler.Kind, steps: Int) throws {
        let clean = Tensor([0.3, 0.2, -0.7, 0.1], shape: [1, 1, 2, 2])
        var noise = PhiloxNoise(seed: 1)
        let sampler = BridgeSampler(kind: kind, stepCount: steps)
        let result = try sampler.sample(SchroedingerBridgeVE(), around: noisy, using: &noise) { _, _ in clean }
        #expect(zip(result.values, clean.values).allSatisfy { abs($0 - $1) < 0.02 })
    }

    /// Without the published `ε` a state that agrees with its estimate and with the noisy spectrum stays put.
    @Test(arguments: BridgeSampler.Kind.allCases, [1, 5, 50])
    func exactBridgeWeightsAddUpToOne(_ kind: BridgeSampler.Kind, steps: Int) {
        for weights in BridgeSampler(kind: kind, stepCount: steps).weights(for: SchroedingerBridgeVE(epsilon: 0)) {
            #expect(abs(weights.previous + weights.estimate + weights.noisy - 1) < 1e-6)
        }
    }

    @Test func seedsDecideTheResult() throws {
        func run(_ seed: UInt64) throws -> Tensor {
            var noise = PhiloxNoise(seed: seed)
            return try PredictorCorrectorSampler(stepCount: 3).sample(OUVESDE(), around: noisy, using: &noise) {
                noisy - $0 * Float($1)
            }
        }
        #expect(try run(1) == run(1))
        #expect(try run(1) != run(2))
    }

    @Test func hookCancels() {
        var noise = PhiloxNoise(seed: 1), calls = 0
        #expect(throws: Cancelled.self) {
            try PredictorCorrectorSampler(stepCount: 10).sample(OUVESDE(), around: noisy, using: &noise) { progress in
                if progress.step == 2 { throw Cancelled() }
            } score: { state, _ in
                calls += 1
                return state
            }
        }
        #expect(calls == 5)
    }

    @Test func impossibleSettingsAreRefused() {
        func refuses(_ sampler: PredictorCorrectorSampler) {
            var noise = PhiloxNoise(seed: 1)
            #expect(throws: ScoreDiffusionError.self) {
                try sampler.sample(OUVESDE(), around: noisy, using: &noise) { state, _ in state }
            }
        }
        refuses(PredictorCorrectorSampler(stepCount: 0))
        refuses(PredictorCorrectorSampler(endTime: 0))
        refuses(PredictorCorrectorSampler(endTime: 1))
        refuses(PredictorCorrectorSampler(corrector: .annealedLangevin(snr: 0, steps: 1)))
        refuses(PredictorCorrectorSampler(corrector: .langevin(snr: 0.5, steps: 0)))
    }

    @Test func recordedNoiseRunsOutAndMustFit() throws {
        var noise = RecordedNoise([.zeros([1, 2]), .zeros([2, 2])])
        _ = try noise.next(shape: [1, 2])
        #expect(throws: ScoreDiffusionError.noiseShape(draw: 1, shape: [2, 2], needed: [1, 2])) {
            try noise.next(shape: [1, 2])
        }
        _ = try noise.next(shape: [2, 2])
        #expect(throws: ScoreDiffusionError.noiseExhausted(draws: 2)) { try noise.next(shape: [2, 2]) }
    }
}
