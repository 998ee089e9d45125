import NeuralCore
import Testing

@testable import ScoreDiffusion

@Suite struct NCSNppTests {
    private static func tiny(_ change: (inout NCSNppConfiguration) -> Void = { _ in }) -> NCSNppConfiguration {
        var settings = NCSNppConfiguration()
        settings.baseChannels = 8
        settings.channelMultipliers = [1, 2]
        settings.blocksPerLevel = 1
        settings.attentionResolutions = [8]
        settings.imageSize = 16
        change(&settings)
        return settings
    }

    /// The published network: 77 modules, 65,590,822 numbers in 647 tensors, of which only the time frequencies stay.
    @Test func defaultIsThePublishedNetwork() throws {
        var rng = Philox(seed: 1)
        let parameters = try NCSNpp(using: &rng).namedParameters()
        #expect(parameters.count == 647)
        #expect(parameters.reduce(0) { $0 + $1.1.count } == 65_590_822)
        #expect(parameters.prefix(3).map(\.0) == ["output_layer.weight", "output_layer.bias", "all_modules.0.W"])
        #expect(parameters.last?.0 == "all_modules.76.bias")
    }

    /// Layers that close a branch begin next to nothing, biases at nothing, the rest with variance 2 / (fans).
    @Test func weightsBeginAsPublished() throws {
        var rng = Philox(seed: 1)
        let network = try NCSNpp(Self.tiny(), using: &rng)
        for (name, tensor) in network.namedParameters() where name.hasPrefix("all_modules.") {
            let peak = tensor.values.reduce(0) { max($0, abs($1)) }
            if name.hasSuffix("Conv_1.weight") || name.hasSuffix("NIN_3.W") { #expect(peak < 1e-4, "\(name)") }
            if name.hasSuffix("Conv_0.weight") || name.hasSuffix("Dense_0.weight") { #expect(peak > 1e-2, "\(name)") }
            if name.hasSuffix(".bias") || name.hasSuffix(".b") { #expect(peak == 0, "\(name)") }
        }
    }

    @Test func contradictorySettingsAreRefused() {
        func refuses(_ change: (inout NCSNppConfiguration) -> Void) {
            var rng = Philox(seed: 1)
            #expect(throws: ScoreDiffusionError.self) { try NCSNpp(Self.tiny(change), using: &rng) }
        }
        refuses { $0.channelMultipliers = [] }
        refuses { $0.blocksPerLevel = 0 }
        refuses { $0.imageSize = 1 }
        refuses { $0.firKernel = [1] }
        refuses { $0.baseChannels = 0 }
        refuses { ($0.blockKind, $0.resamplesWithConvolution) = (.ddpm, true) }
    }

    @Test func outputDoesNotDependOnTheRestOfTheBatch() throws {
        var rng = Philox(seed: 2)
        let network = try NCSNpp(Self.tiny(), using: &rng)
        let (state, noisy) = (Tensor.gaussian([2, 8, 16, 2], using: &rng), Tensor.gaussian([2, 8, 16, 2], using: &rng))
        let both = network(state, noisy: noisy, times: [0.2, 0.9])
        for (item, time) in [0.2, 0.9].enumerated() {
            let alone = network(state.item(item), noisy: noisy.item(item), times: [time])
            #expect(zip(alone.values, both.item(item).values).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($1)) })
        }
    }

    /// A score and the clean estimate that follows from it are two names of one thing.
    @Test func parametrizationsConvert() throws {
        struct Estimator: ScoreNetwork {
            var parametrization: Parametrization
            func callAsFunction(_ state: Tensor, noisy: Tensor, times: [Double]) -> Tensor { state * 0.5 + noisy }
            mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {}
        }
        var rng = Philox(seed: 4)
        let (state, noisy) = (Tensor.gaussian([1, 2, 3, 2], using: &rng), Tensor.gaussian([1, 2, 3, 2], using: &rng))
        let sde = OUVESDE(), time = 0.6, marginal = sde.marginal(at: time)
        for parametrization in Parametrization.allCases {
            let network = Estimator(parametrization: parametrization)
            let score = network.score(state, noisy: noisy, time: time, sde: sde)
            let clean = network.cleanEstimate(state, noisy: noisy, time: time, sde: sde)
            let mean = clean * Float(marginal.cleanWeight) + noisy * Float(marginal.noisyWeight)
            let implied = (mean - state) * Float(1 / (marginal.deviation * marginal.deviation))
            #expect(zip(implied.values, score.values).allSatisfy { abs($0 - $1) < 1e-3 })
        }
    }
}
