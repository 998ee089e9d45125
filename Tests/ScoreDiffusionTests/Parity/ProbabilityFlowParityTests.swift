import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// The adaptive solver against the reference's at the same tolerances: the same steps, results within 1e-4 of it with an
/// analytic score and 2e-2 through a network; and within ten times the tolerance of the exact solution, relative L2.
@Suite struct ProbabilityFlowParityTests {
    static let sets = Fixture.all(in: "sgmse/sampler_ode")

    private struct Run {
        let name: String, relative: Double, absolute: Double, sampler: ProbabilityFlowSampler
        let settings: JSONValue

        init(_ name: String, _ settings: JSONValue) throws {
            (self.name, self.settings) = (name, settings)
            relative = try #require(settings["rtol"].double)
            absolute = try #require(settings["atol"].double)
            sampler = ProbabilityFlowSampler(
                solver: .rungeKutta45(relativeTolerance: relative, absoluteTolerance: absolute),
                endTime: try #require(settings["eps"].double), denoises: false)
        }

        var usesNetwork: Bool { name.hasPrefix("net") }
    }

    private func runs(of fixture: Fixture) throws -> [Run] {
        let runs = try fixture.cases { !$0["rtol"].isNull }.map { try Run($0.name, $0.settings) }
        try #require(!runs.isEmpty)
        return runs
    }

    private func score(_ run: Run, _ noisy: Tensor) throws -> (Tensor, Double) -> Tensor {
        guard run.usesNetwork else { return { analyticScore($0, noisy: noisy, time: $1) } }
        let set = try #require(Fixture.all(in: "sgmse/sampler_pc_net").first)
        let model = try set.scoreModel(OUVESDE(), settings: set.config["net"])
        return { model($0, noisy: noisy, times: [$1]) }
    }

    @Test(arguments: sets)
    func solutionsMatchReference(_ fixture: Fixture) throws {
        for run in try runs(of: fixture) {
            let noisy = try fixture.spectra("\(run.name).y"), score = try score(run, noisy)
            var noise = RecordedNoise([try fixture.spectra("\(run.name).z")])
            var times = [1.0], states: [Tensor] = [], calls = 0, fractions: [Double] = []
            let result = try run.sampler.sample(OUVESDE(), around: noisy, using: &noise) { progress in
                times.append(progress.time)
                states.append(progress.state)
                fractions.append(progress.fractionCompleted)
            } score: { state, time in
                calls += 1
                return score(state, time)
            }
            let tolerance = run.usesNetwork ? 2e-2 : 1e-4
            expectClose(result.values, try fixture.spectra("\(run.name).result").values, relativeL2: tolerance, run.name)
            if !run.usesNetwork {
                let exact = try fixture.spectra("\(run.name).exact").values
                expectClose(result.values, exact, relativeL2: 10 * run.relative, "\(run.name) to the exact solution")
            }
            try checkSteps(run, times, states, fixture)
            #expect(calls == run.settings["nfev"].int, "\(run.name)")
            #expect(states.count == run.settings["steps"].int, "\(run.name)")
            #expect(fractions == fractions.sorted() && fractions.last == 1)
            #expect(noise.remaining == 0)
        }
    }

    /// How long a step is follows from an error estimate, which at the tight tolerance, and through a network, is made of
    /// the rounding of a float32 score.
    private func checkSteps(_ run: Run, _ times: [Double], _ states: [Tensor], _ fixture: Fixture) throws {
        let isExact = !run.usesNetwork && run.relative >= 1e-4
        let tolerance = isExact ? 1e-3 : run.usesNetwork ? 0.2 : 0.05
        expectClose(times, try fixture.doubles("\(run.name).t_steps"), relative: tolerance, "\(run.name) times")
        guard isExact else { return }
        for (index, expected) in try fixture.spectraSequence("\(run.name).x_steps").dropFirst().enumerated() {
            expectClose(states[index].values, expected.values, relativeL2: 1e-4, "\(run.name) state \(index)")
        }
    }

    @Test(arguments: sets)
    func denoisingStepMatchesReference(_ fixture: Fixture) throws {
        for run in try runs(of: fixture) {
            let noisy = try fixture.spectra("\(run.name).y"), score = try score(run, noisy)
            var noise = RecordedNoise([try fixture.spectra("\(run.name).z")]), sampler = run.sampler
            sampler.denoises = true
            let result = try sampler.sample(OUVESDE(), around: noisy, using: &noise, score: score)
            let expected = try fixture.spectra("\(run.name).denoised").values
            expectClose(result.values, expected, relativeL2: run.usesNetwork ? 2e-2 : 1e-4, run.name)
        }
    }

    /// Fixed steps find the same solution, with an error that falls with the square of their length.
    @Test(arguments: sets)
    func fixedStepsApproachTheExactSolution(_ fixture: Fixture) throws {
        for run in try runs(of: fixture) where !run.usesNetwork {
            let noisy = try fixture.spectra("\(run.name).y"), exact = try fixture.spectra("\(run.name).exact").values
            func error(_ steps: Int) throws -> Double {
                var noise = RecordedNoise([try fixture.spectra("\(run.name).z")]), sampler = run.sampler
                sampler.solver = .heun(steps: steps)
                #expect(sampler.networkCalls == 2 * steps)
                let result = try sampler.sample(OUVESDE(), around: noisy, using: &noise, score: score(run, noisy))
                return zip(result.values, exact).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }.squareRoot()
            }
            let errors = try [10, 20, 40].map(error)
            #expect((3...5).contains(errors[0] / errors[1]) && (3...5).contains(errors[1] / errors[2]), "\(errors)")
        }
    }
}
