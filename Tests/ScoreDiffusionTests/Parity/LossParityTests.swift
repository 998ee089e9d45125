import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Values and gradients within 1e-5 of the reference, relative; preconditioned outputs within 1e-4, relative L2.
@Suite struct LossParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/losses"))
    func lossesMatchReference(_ fixture: Fixture) throws {
        let runs = fixture.cases { !$0["sde"].isNull }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let output = try fixture.spectra("\(name).forward_out")
            let (loss, gradients) = try valueAndGradient(at: [output]) {
                try self.loss($0[0], name, settings, fixture)
            }
            let expected = try #require(fixture.io["values"][name]["loss"].float)
            expectClose([loss.item], [expected], relativeL2: 1e-5, "\(name) value")
            let expectedGradient = try fixture.spectra("\(name).grad").values
            expectClose(gradients[0].values, expectedGradient, relativeL2: 1e-5, "\(name) gradient")
        }
    }

    private func loss(_ output: Tensor, _ name: String, _ settings: JSONValue, _ fixture: Fixture) throws -> Tensor {
        let times = try fixture.doubles("\(name).t")
        let deviations = try settings["sde"].string == "ouve"
            ? times.map { try OUVESDE(reference: fixture.config["net"]).marginal(at: $0).deviation }
            : times.map { try SchroedingerBridgeVE(reference: fixture.config["net"]).marginal(at: $0).deviation }
        switch settings["loss_type"].string {
        case "score_matching":
            return scoreMatchingLoss(score: output, noise: try fixture.spectra("\(name).z"), deviations: deviations)
        case "denoiser":
            let sigmaData = settings["sigma_data"].double ?? 0.1
            let weighting: DenoiserWeighting = switch settings["loss_weighting"].string {
            case "1": .one
            case "sigma^2": .variance
            case "edm": .edmAcrossBatch(sigmaData: sigmaData)
            default: throw UnknownSetting(name: "loss_weighting", value: settings["loss_weighting"])
            }
            return denoiserLoss(
                score: output, state: try fixture.spectra("\(name).x_t"), mean: try fixture.spectra("\(name).mean"),
                deviations: deviations, weighting: weighting)
        case "data_prediction":
            let clean = try fixture.spectra("\(name).x")
            let transform = try SpectrogramTransform(.init(reference: fixture.config["net"]))
            var weight = settings["l1_weight"].double ?? 0.001
            // The reference squeezes a batch of one away and then divides by the number of samples twice.
            if output.shape[0] == 1 { weight /= Double((clean.shape[1] - 1) * transform.configuration.hopLength) }
            let loss = DataPredictionLoss(transform: transform, waveformWeight: weight)
            let parts = try loss.parts(estimate: output, clean: clean)
            let values = fixture.io["values"][name]
            expectClose([parts.spectral.item], [try #require(values["tf"].float)], relativeL2: 1e-5, "\(name) spectral")
            if output.shape[0] > 1 {
                expectClose([parts.waveform.item], [try #require(values["l1"].float)], relativeL2: 1e-5, "\(name) waveform")
            }
            return try loss(estimate: output, clean: clean)
        default:
            throw UnknownSetting(name: "loss_type", value: settings["loss_type"])
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/losses"))
    func preconditioningMatchesReference(_ fixture: Fixture) throws {
        var netSettings = NCSNppConfiguration.ncsnppV2
        let reference = fixture.config["net"]
        netSettings.baseChannels = try #require(reference["nf"].int)
        netSettings.channelMultipliers = try #require(reference["ch_mult"].ints)
        netSettings.blocksPerLevel = try #require(reference["num_res_blocks"].int)
        netSettings.attentionResolutions = try #require(reference["attn_resolutions"].ints)
        netSettings.imageSize = try #require(reference["image_size"].int)
        var rng = Philox(seed: 1)
        var network = try NCSNpp(netSettings, using: &rng)
        try network.load(from: fixture.weights, prefix: "dnn.")

        let (state, noisy) = (try fixture.spectra("pre.x_t"), try fixture.spectra("pre.y"))
        let runs = fixture.cases { !$0["c_in"].isNull }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let factors = try Preconditioning(reference: settings)
            let reading: NCSNppScoreModel<OUVESDE>.Reading = switch settings["loss_type"].string {
            case "denoiser": .denoiser(factors)
            case "data_prediction": .preconditioned(factors, .cleanEstimate)
            default: .preconditioned(factors, .score)
            }
            let model = NCSNppScoreModel(network, process: try OUVESDE(reference: reference), reading: reading)
            let output = model(state, noisy: noisy, times: try fixture.doubles("pre.t"))
            expectClose(output.values, try fixture.spectra(name).values, relativeL2: 1e-4, name)
        }
    }

    @Test func edmWeightsAreTheSameForABatchOfOne() {
        var rng = Philox(seed: 3)
        let (score, state, mean) = (
            Tensor.gaussian([1, 4, 3, 2], using: &rng), Tensor.gaussian([1, 4, 3, 2], using: &rng),
            Tensor.gaussian([1, 4, 3, 2], using: &rng))
        let losses = [DenoiserWeighting.edm(sigmaData: 0.1), .edmAcrossBatch(sigmaData: 0.1)].map {
            denoiserLoss(score: score, state: state, mean: mean, deviations: [0.2], weighting: $0).item
        }
        #expect(losses[0] == losses[1])
    }
}
