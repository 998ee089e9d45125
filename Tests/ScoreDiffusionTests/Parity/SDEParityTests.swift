import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Double columns are held to 1e-12 (relative), float32 tensors to 1e-5 (relative L2).
@Suite struct SDEParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/sde"))
    func scheduleMatchesReference(_ fixture: Fixture) throws {
        let times = try fixture.doubles("t")
        for (name, settings) in processes(of: fixture) {
            func check(_ column: String, _ value: (Double) -> Double) throws {
                expectClose(times.map(value), try fixture.doubles("\(name).\(column)64"), relative: 1e-12, "\(name).\(column)")
            }
            switch try Process(settings) {
            case .ouve(let sde):
                try check("std") { sde.marginal(at: $0).deviation }
                try check("exp_interp") { sde.marginal(at: $0).cleanWeight }
                try check("diffusion", sde.diffusion)
            case .bridge(let sde):
                try check("sigma_t") { sde.variance(at: $0).squareRoot() }
                try check("sigma_T") { _ in sde.variance(at: 1).squareRoot() }
                try check("sigma_bar") { sde.remainingVariance(at: $0).squareRoot() }
                try check("w_x") { sde.marginal(at: $0).cleanWeight }
                try check("w_y") { sde.marginal(at: $0).noisyWeight }
                try check("std") { sde.marginal(at: $0).deviation }
                try check("g", sde.diffusion)
            }
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/sde"))
    func momentsMatchReference(_ fixture: Fixture) throws {
        for (name, settings) in processes(of: fixture) {
            switch try Process(settings) {
            case .ouve(let sde): try checkMoments(sde, name, fixture)
            case .bridge(let sde): try checkMoments(sde, name, fixture)
            }
        }
    }

    private func checkMoments(_ sde: some SDE, _ name: String, _ fixture: Fixture) throws {
        let times = try fixture.doubles("tb")
        let (clean, state, noisy) = (try fixture.spectra("x0"), try fixture.spectra("x"), try fixture.spectra("y"))
        let mean = sde.mean(clean: clean, noisy: noisy, at: times)
        expectClose(mean.values, try fixture.spectra("\(name).mean").values, relativeL2: 1e-5, "\(name).mean")
        expectClose(
            times.map { Float(sde.marginal(at: $0).deviation) }, try fixture.floats("\(name).std_b"), relativeL2: 1e-5)
        expectClose(times.map { Float(sde.diffusion(at: $0)) }, try fixture.floats("\(name).diffusion_b"), relativeL2: 1e-5)
        let draws = fixture.hasTensor("\(name).prior_z") ? [try fixture.spectra("\(name).prior_z")] : []
        var noise = RecordedNoise(draws)
        let prior = try sde.prior(around: noisy, using: &noise)
        expectClose(prior.values, try fixture.spectra("\(name).prior").values, relativeL2: 1e-5, "\(name).prior")
        #expect(noise.remaining == 0)

        for (item, time) in times.enumerated() {
            let drift = sde.drift(state.item(item), around: noisy.item(item), at: time)
            expectClose(drift.values, try fixture.spectra("\(name).drift").item(item).values, relativeL2: 1e-5, "\(name).drift")
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/sde"), [false, true])
    func reverseProcessMatchesReference(_ fixture: Fixture, probabilityFlow: Bool) throws {
        let times = try fixture.doubles("tb"), step = try fixture.doubles("dt")[0]
        let (state, noisy) = (try fixture.spectra("x"), try fixture.spectra("y"))
        let prefix = probabilityFlow ? "rev_pf" : "rev_sde"
        for (name, settings) in processes(of: fixture) where fixture.hasTensor("\(name).\(prefix)_f") {
            guard case .ouve(let sde) = try Process(settings) else { continue }
            for (item, time) in times.enumerated() {
                let (x, y) = (state.item(item), noisy.item(item))
                let score = analyticScore(x, noisy: y, time: time)
                let drift = sde.reverseDrift(x, around: y, at: time, score: score, probabilityFlow: probabilityFlow)
                let (change, scale) = sde.reverseStep(
                    x, around: y, at: time, stepSize: step, score: score, probabilityFlow: probabilityFlow)
                func expected(_ tensor: String) throws -> [Float] {
                    try fixture.spectra("\(name).\(prefix)_\(tensor)").item(item).values
                }
                expectClose(drift.values, try expected("drift"), relativeL2: 1e-5, "\(name) drift at \(time)")
                expectClose(change.values, try expected("f"), relativeL2: 1e-5, "\(name) step at \(time)")
                let expectedScale = try fixture.floats("\(name).\(prefix)_G")[item]
                expectClose([Float(scale)], [expectedScale], relativeL2: 1e-5, "\(name) scale at \(time)")
            }
        }
    }

    private enum Process {
        case ouve(OUVESDE), bridge(SchroedingerBridgeVE)

        init(_ settings: JSONValue) throws {
            switch settings["type"].string {
            case "ouve": self = .ouve(try OUVESDE(reference: settings))
            case "sbve": self = .bridge(try SchroedingerBridgeVE(reference: settings))
            default: throw UnknownSetting(name: "type", value: settings["type"])
            }
        }
    }

    private func processes(of fixture: Fixture) -> [(String, JSONValue)] {
        let processes = fixture.config["processes"]
        return (processes.object?.keys ?? []).map { ($0, processes[$0]) }
    }
}
