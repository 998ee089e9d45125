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
}
