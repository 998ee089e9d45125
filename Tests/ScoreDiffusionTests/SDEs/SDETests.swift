import Foundation
import NeuralCore
import Testing

@testable import ScoreDiffusion

@Suite struct SDETests {
    /// The closed form against the variance's own differential equation, dσ²/dt = g² − 2θσ², by the midpoint rule.
    @Test(arguments: [OUVESDE(), OUVESDE(theta: 2, sigmaMin: 0.1, sigmaMax: 1)])
    func deviationSolvesItsEquation(_ sde: OUVESDE) {
        var variance = 0.0
        let steps = 10_000, dt = 1 / Double(steps)
        for step in 0..<steps {
            let time = (Double(step) + 0.5) * dt
            func slope(_ value: Double) -> Double { sde.diffusion(at: time) * sde.diffusion(at: time) - 2 * sde.theta * value }
            variance += dt * slope(variance + dt / 2 * slope(variance))
        }
        #expect(abs(variance.squareRoot() / sde.marginal(at: 1).deviation - 1) < 1e-6)
    }

    @Test func bridgeIsPinnedAtBothEnds() {
        let bridge = SchroedingerBridgeVE()
        let (start, end) = (bridge.marginal(at: 0), bridge.marginal(at: 1))
        #expect(abs(start.cleanWeight - 1) < 1e-7 && start.noisyWeight == 0 && start.deviation == 0)
        #expect(end.cleanWeight < 1e-7 && abs(end.noisyWeight - 1) < 1e-7)
        #expect(end.deviation > 0 && end.deviation < 2e-4)
    }

    /// Sampled states have the mean and the total (real and imaginary) variance that the marginal promises.
    @Test func perturbedStatesHaveTheMomentsOfTheMarginal() {
        let sde = OUVESDE(), time = 0.4
        var noise = PhiloxNoise(seed: 5)
        let shape = [2, 100, 100, 2]
        let (clean, noisy) = (Tensor.full(shape, 1), Tensor.full(shape, -1))
        let draw = noise.next(shape: shape)
        let (state, mean) = sde.perturbed(clean: clean, noisy: noisy, at: [time, time], noise: draw)
        let marginal = sde.marginal(at: time)
        #expect(abs(mean.values[0] - Float(marginal.cleanWeight - marginal.noisyWeight)) < 1e-6)
        let energy = zip(state.values, mean.values).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        let variance = energy / Double(2 * 100 * 100)
        #expect(abs(variance / (marginal.deviation * marginal.deviation) - 1) < 0.03)
    }

    @Test(arguments: [
        OUVESDE(theta: 0), OUVESDE(theta: -1), OUVESDE(theta: .nan), OUVESDE(sigmaMin: 0), OUVESDE(sigmaMin: 0.5),
        OUVESDE(sigmaMax: .infinity), OUVESDE(sigmaMax: 0.01), OUVESDE(sigmaMin: 1e-300, sigmaMax: 1e300),
    ])
    func impossibleProcessesAreRefused(_ sde: OUVESDE) throws {
        try expectRefused(sde)
    }

    @Test(arguments: [
        SchroedingerBridgeVE(k: 0), SchroedingerBridgeVE(k: -2), SchroedingerBridgeVE(k: .infinity),
        SchroedingerBridgeVE(c: 0), SchroedingerBridgeVE(c: .nan), SchroedingerBridgeVE(epsilon: -1e-8),
        SchroedingerBridgeVE(epsilon: 1), SchroedingerBridgeVE(k: 1e200, c: 1e200), SchroedingerBridgeVE(k: 1e-300, c: 1e-300),
    ])
    func impossibleBridgesAreRefused(_ bridge: SchroedingerBridgeVE) throws {
        try expectRefused(bridge)
    }

    /// By `validate()`, and when a model's settings are read.
    private func expectRefused(_ process: some SDE & Codable) throws {
        func isRefusal(_ error: any Error) -> Bool {
            if case ScoreDiffusionError.invalidProcess = error { true } else { false }
        }
        #expect(performing: { try process.validate() }, throws: isRefusal)
        let encoder = JSONEncoder(), decoder = JSONDecoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "+", negativeInfinity: "-", nan: "?")
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "+", negativeInfinity: "-", nan: "?")
        let settings = try encoder.encode(process)
        #expect(performing: { try decoder.decode(type(of: process), from: settings) }, throws: isRefusal)
    }

    @Test func possibleProcessesAreRead() throws {
        let (sde, bridge) = (OUVESDE(theta: 2, sigmaMin: 0.1, sigmaMax: 1), SchroedingerBridgeVE(k: 1, c: 2, epsilon: 0))
        #expect(try JSONDecoder().decode(OUVESDE.self, from: JSONEncoder().encode(sde)) == sde)
        #expect(try JSONDecoder().decode(SchroedingerBridgeVE.self, from: JSONEncoder().encode(bridge)) == bridge)
    }

    /// A constant diffusion, `k = 1`, is the limit of its neighbours.
    @Test func bridgeHasNoHoleAtConstantDiffusion() {
        let (flat, near) = (SchroedingerBridgeVE(k: 1), SchroedingerBridgeVE(k: 1 + 1e-9))
        for time in [1e-4, 0.3, 1] {
            #expect(abs(flat.variance(at: time) / near.variance(at: time) - 1) < 1e-8)
            #expect(flat.marginal(at: time).deviation.isFinite)
        }
    }
}
