import Foundation
import NeuralCore
import Testing

@testable import ScoreDiffusion

@Suite struct ODESolverTests {
    /// `x' = i ω x`: the state turns, its size stays.
    private func turning(_ time: Double, _ state: [Double]) -> [Double] { [-3 * state[1], 3 * state[0]] }

    @Test(arguments: [1e-3, 1e-6, 1e-9], [(0.0, 2.0), (2.0, 0.0)])
    func adaptiveStepsKeepTheirTolerance(_ tolerance: Double, span: (Double, Double)) throws {
        let solver = RungeKutta45(relativeTolerance: tolerance, absoluteTolerance: tolerance)
        var reached: [Double] = []
        let end = try solver.integrate([1, 0], from: span.0, to: span.1, slope: turning) { time, _ in reached.append(time) }
        let angle = 3 * (span.1 - span.0)
        #expect(abs(end[0] - cos(angle)) < 20 * tolerance && abs(end[1] - sin(angle)) < 20 * tolerance)
        #expect(reached.last == span.1)
    }

    @Test func looserToleranceTakesFewerSteps() throws {
        func steps(_ tolerance: Double) throws -> Int {
            var count = 0
            let solver = RungeKutta45(relativeTolerance: tolerance, absoluteTolerance: tolerance)
            _ = try solver.integrate([1, 0], from: 0, to: 2, slope: turning) { _, _ in count += 1 }
            return count
        }
        #expect(try steps(1e-3) < steps(1e-6))
        #expect(try steps(1e-6) < steps(1e-9))
    }

    /// Steps of SciPy's `RK45` on an equation that makes it reject some.
    @Test func stepsAreThoseOfTheReference() throws {
        var times: [Double] = [], calls = 0
        let end = try RungeKutta45(relativeTolerance: 1e-4, absoluteTolerance: 1e-6).integrate(
            [1, 0, 0, 0.5], from: 0, to: 1
        ) { time, state in
            calls += 1
            let rate = -50 * (1 + sin(9 * time))
            return [0, 1, 2, 3].map { rate * (state[$0] - ($0 % 2 == 1 ? time : 0)) }
        } onStep: { time, _ in
            times.append(time)
        }
        #expect(calls == 254)
        #expect(times.count == 38)
        let expected = [
            (0, 0.0109455859984192), (2, 0.032040221719414216), (9, 0.10006877745750262), (20, 0.38995554581701963), (21, 0.4397702813682777),
            (29, 0.7609272636429041), (36, 0.9671114904258138), (37, 1),
        ]
        for (step, time) in expected { #expect(abs(times[step] - time) < 1e-6 * time, "step \(step)") }
        #expect(abs(end[1] - 0.98672437) < 1e-6 && abs(end[3] - 0.98672437) < 1e-6)
    }

    /// A slope that is no number ends in an error, not in a loop.
    @Test func unsolvableEquationsEnd() {
        for broken in [Double.nan, .infinity] {
            #expect(throws: ScoreDiffusionError.self) {
                try RungeKutta45().integrate([1, 0], from: 1, to: 0, slope: { _, _ in [broken, 0] }, onStep: { _, _ in })
            }
        }
    }

    @Test func impossibleSettingsAreRefused() {
        func refuses(_ solver: ODESolverChoice, endTime: Double = 0.03) {
            var noise = PhiloxNoise(seed: 1)
            #expect(throws: ScoreDiffusionError.self) {
                try ProbabilityFlowSampler(solver: solver, endTime: endTime).sample(
                    OUVESDE(), around: Tensor([1, 2], shape: [1, 1, 1, 2]), using: &noise) { state, _ in state }
            }
        }
        refuses(.heun(steps: 0))
        refuses(.heun(steps: .max))
        refuses(.rungeKutta45(relativeTolerance: 0, absoluteTolerance: 1e-5))
        refuses(.rungeKutta45(relativeTolerance: 1e-5, absoluteTolerance: .nan))
        refuses(.heun(steps: 3), endTime: 0)
        refuses(.heun(steps: 3), endTime: .nan)
    }

    /// Settings survive a model file.
    @Test func settingsAreCodable() throws {
        let choices: [Sampling] = [
            .score(OUVESDE(), PredictorCorrectorSampler(predictor: .eulerMaruyama, corrector: .langevin(snr: 0.3, steps: 2))),
            .probabilityFlow(OUVESDE(), ProbabilityFlowSampler()),
            .probabilityFlow(OUVESDE(), ProbabilityFlowSampler(solver: .heun(steps: 7))),
            .bridge(SchroedingerBridgeVE(), BridgeSampler()),
        ]
        for sampling in choices {
            try sampling.validate()
            #expect(try JSONDecoder().decode(Sampling.self, from: JSONEncoder().encode(sampling)) == sampling)
        }
        #expect(choices.map(\.networkCalls) == [90, nil, 15, 50])
        #expect(choices.map(\.stepCount) == [30, nil, 7, 50])
    }
}
