import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// SDE within 2e-5 of the reference, ODE within 1e-3 (its own float32 loses that much in the first step), relative L2;
/// weights within 1e-9 of the double ones.
@Suite struct BridgeParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/sampler_sb"))
    func weightsMatchReference(_ fixture: Fixture) throws {
        for (name, settings) in runs(of: fixture) {
            let (bridge, sampler) = (try SchroedingerBridgeVE(reference: settings), try sampler(settings))
            let weights = sampler.weights(for: bridge)
            let rows = weights.enumerated().flatMap { step, weight in
                let isLast = step + 1 == weights.count
                let third = sampler.kind == .ode ? weight.noisy : isLast ? 0 : weight.noise
                return [weight.previous, weight.estimate, third]
            }
            expectClose(rows, try fixture.doubles("\(name).weights64"), relative: 1e-9, "\(name) weights")
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/sampler_sb"))
    func trajectoriesMatchReference(_ fixture: Fixture) throws {
        let network = try fixture.network(fixture.config["net"])
        for (name, settings) in runs(of: fixture) {
            let (bridge, sampler) = (try SchroedingerBridgeVE(reference: settings), try sampler(settings))
            let noisy = try fixture.spectra("\(name).y"), tolerance = sampler.kind == .sde ? 2e-5 : 1e-3
            var noise = RecordedNoise(sampler.kind == .sde ? try fixture.spectraSequence("\(name).noise") : [])
            let expectedEstimates = try fixture.spectraSequence("\(name).estimates")
            let expectedStates = try fixture.spectraSequence("\(name).x")
            var step = 0
            let result = try sampler.sample(bridge, around: noisy, using: &noise) { progress in
                expectClose(
                    progress.state.values, expectedStates[progress.step].values, relativeL2: tolerance,
                    "\(name) state \(progress.step)")
            } estimate: { state, time in
                let estimate = name.hasPrefix("net")
                    ? network(state, noisy: noisy, times: [time]) : analyticEstimate(state, noisy: noisy, time: time)
                expectClose(
                    estimate.values, expectedEstimates[step].values, relativeL2: tolerance, "\(name) estimate \(step)")
                step += 1
                return estimate
            }
            expectClose(result.values, try fixture.spectra("\(name).result").values, relativeL2: tolerance, name)
            #expect(step == sampler.networkCalls)
            #expect(noise.remaining == 0)
        }
    }

    private func runs(of fixture: Fixture) -> [(name: String, settings: JSONValue)] {
        fixture.cases { !$0["kind"].isNull }
    }

    private func sampler(_ settings: JSONValue) throws -> BridgeSampler {
        let kind = try #require(BridgeSampler.Kind(rawValue: settings["kind"].string ?? ""))
        return BridgeSampler(kind: kind, stepCount: try #require(settings["N"].int))
    }
}
