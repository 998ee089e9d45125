import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// States and results within 5e-6 (analytic score) or 2e-5 (network) of the reference, relative L2, noise replayed.
@Suite struct PredictorCorrectorParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/sampler_pc"))
    func analyticScore(_ fixture: Fixture) throws {
        try replay(fixture, tolerance: 5e-6) { state, noisy, time in
            ScoreDiffusionTests.analyticScore(state, noisy: noisy, time: time)
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/sampler_pc_net"))
    func throughANetwork(_ fixture: Fixture) throws {
        let model = try fixture.scoreModel(OUVESDE(), settings: fixture.config["net"])
        try replay(fixture, tolerance: 2e-5) { state, noisy, time in
            model(state, noisy: noisy, times: [time])
        }
    }

    private func replay(
        _ fixture: Fixture, tolerance: Double, score: (Tensor, Tensor, Double) throws -> Tensor
    ) throws {
        let noisy = try fixture.spectra("y")
        let runs = fixture.cases { !$0["corrector"].isNull }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let sampler = try PredictorCorrectorSampler(reference: settings)
            var noise = RecordedNoise(try fixture.spectraSequence("\(name).noise"))
            var states: [Tensor] = [], means: [Tensor] = []
            let result = try sampler.sample(OUVESDE(), around: noisy, using: &noise) { progress in
                states.append(progress.state)
                means.append(progress.mean)
            } score: { state, time in
                try score(state, noisy, time)
            }
            func check(_ actual: Tensor, _ expected: Tensor, _ label: String) {
                expectClose(actual.values, expected.values, relativeL2: tolerance, "\(name) \(label)")
            }
            check(result, try fixture.spectra("\(name).result"), "result")
            if fixture.hasTensor("\(name).x") {
                for (index, expected) in try fixture.spectraSequence("\(name).x").enumerated() {
                    check(states[index], expected, "state \(index)")
                }
                for (index, expected) in try fixture.spectraSequence("\(name).x_mean").enumerated() {
                    check(means[index], expected, "mean \(index)")
                }
            }
            let times = sampler.times(for: OUVESDE()).map(Float.init)
            expectClose(times, try fixture.floats("\(name).timesteps"), absolute: 1e-7, "\(name) times")
            #expect(noise.used == settings["n_draws"].int, "\(name)")
            #expect(noise.remaining == 0, "\(name)")
            let calls = try #require(sampler.networkCalls)
            #expect(calls + (sampler.predictor == .none ? sampler.stepCount : 0) == settings["ns_returned"].int)
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/sampler_pc"))
    func eulerMaruyamaStep(_ fixture: Fixture) throws {
        let (times, start) = (try fixture.doubles("em_step.t"), try fixture.spectra("em_step.x_in"))
        let noisy = try fixture.spectra("y")
        let steps = try #require(fixture.config["em_step"]["N"].int)
        for (item, time) in times.enumerated() {
            var noise = RecordedNoise([try fixture.spectra("em_step.noise").item(item)])
            let (state, mean) = try EulerMaruyamaPredictor().update(
                start.item(item), around: noisy.item(item), at: time, stepSize: 1 / Double(steps), sde: OUVESDE(),
                using: &noise
            ) { ScoreDiffusionTests.analyticScore($0, noisy: noisy.item(item), time: $1) }
            expectClose(state.values, try fixture.spectra("em_step.x").item(item).values, relativeL2: 5e-6)
            expectClose(mean.values, try fixture.spectra("em_step.x_mean").item(item).values, relativeL2: 5e-6)
        }
    }
}
