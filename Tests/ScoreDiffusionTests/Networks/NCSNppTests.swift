import NeuralCore
import TestSupport
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
        #expect(NCSNppConfiguration.ncsnpp.parameterCount == 65_590_822)
        #expect(NCSNppConfiguration.ncsnpp48k.parameterCount == 64_739_854)
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
        refuses { $0.baseChannels = 1 << 40 }
        refuses { $0.channelMultipliers = [1, .max] }
        refuses { $0.blocksPerLevel = .max }
        refuses { $0.imageSize = .max }
        refuses { $0.firKernel = [1, .nan] }
        refuses { $0.fourierScale = .infinity }
        refuses { $0.dropoutRate = 1 }
        refuses { $0.dropoutRate = -0.1 }
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

    /// Training drops activations by seeded draws; without a rate it is the plain call.
    @Test func dropoutIsSeededAndForTrainingOnly() throws {
        var rng = Philox(seed: 2)
        var dropping = try NCSNpp(Self.tiny { $0.dropoutRate = 0.3 }, using: &rng)
        // The second convolutions begin next to nothing: what is dropped ahead of them would not be seen.
        dropping.makeVisible()
        let (state, noisy) = (Tensor.gaussian([1, 8, 16, 2], using: &rng), Tensor.gaussian([1, 8, 16, 2], using: &rng))
        func trained(_ network: NCSNpp, seed: UInt64) -> (output: Tensor, next: Philox) {
            var draws = Philox(seed: seed)
            return (network.trained(on: state, noisy: noisy, times: [0.5], using: &draws), draws)
        }
        let first = trained(dropping, seed: 7)
        #expect(first.output == trained(dropping, seed: 7).output)
        #expect(first.next.position > 0)
        #expect(first.output != trained(dropping, seed: 8).output)
        let plain = dropping(state, noisy: noisy, times: [0.5])
        #expect(first.output != plain)
        #expect(plain == dropping(state, noisy: noisy, times: [0.5]))

        var keeping = try NCSNpp(Self.tiny(), using: &rng)
        keeping.makeVisible()
        let kept = trained(keeping, seed: 7)
        #expect(kept.output == keeping(state, noisy: noisy, times: [0.5]))
        #expect(kept.next.position == 0)
    }

    /// With the draws held, what is dropped is a fixed factor, and gradients pass through what is left.
    @Test func gradientsPassThroughDropout() throws {
        var rng = Philox(seed: 3)
        let block = ResidualBlock(
            8, 8, embedding: 4, shortcut: .pointwise, resampling: .nearest, activation: .swish, rescales: true, using: &rng)
        let embedding = Tensor.gaussian([1, 4], using: &rng)
        let dropout = Dropout(rate: 0.4), weights = Tensor.gaussian([8, 8, 3, 3], using: &rng) * 0.2
        var visible = block
        visible.convolution1.weight = weights
        checkGradients(at: [.gaussian([1, 8, 4, 4], using: &rng), embedding], "dropout") { [visible] inputs in
            var draws = Philox(seed: 5)
            return visible(inputs[0], embedding: inputs[1]) { dropout($0, using: &draws) }
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

extension NCSNpp {
    /// Gives weight to the layers that begin next to nothing.
    fileprivate mutating func makeVisible() {
        struct Shaker: ParameterVisitor {
            var path = "", rng = Philox(seed: 99)

            mutating func visit(_ name: String, _ parameter: inout Tensor) {
                parameter = parameter + Tensor.gaussian(parameter.shape, using: &rng) * 0.05
            }

            mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
        }
        var shaker = Shaker()
        try! visitParameters(&shaker)
    }
}
