import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

@Suite struct DCUNetTests {
    private static func tiny(_ change: (inout DCUNetConfiguration) -> Void = { _ in }) -> DCUNetConfiguration {
        var settings = DCUNetConfiguration()
        settings.stages = [
            .init(3, kernel: [4, 4], stride: [1, 1]), .init(4, kernel: [3, 3], stride: [2, 1], dilation: [2, 1]),
            .init(5, kernel: [5, 3], stride: [2, 2]),
        ]
        settings.embeddingSize = 6
        change(&settings)
        return settings
    }

    /// 3,564,994 numbers to train, and what its normalisations remember, in 189 tensors.
    @Test func defaultIsThePublishedNetwork() throws {
        var rng = Philox(seed: 1)
        let network = try DCUNet(using: &rng)
        let parameters = network.namedParameters()
        #expect(parameters.count == 189)
        let remembered = parameters.filter { $0.0.contains(".running_") || $0.0.hasSuffix(".num_batches_tracked") }
        let total = parameters.reduce(0) { $0 + $1.1.count }
        #expect(total - remembered.reduce(0) { $0 + $1.1.count } == 3_564_994)
        #expect(network.configuration.parameterCount == total)
        #expect(parameters.prefix(2).map(\.0) == ["embed.0.W", "embed.1.re.weight"])
        #expect(parameters.last?.0 == "output_layer.im_module.bias")
    }

    /// Every published architecture and every way to tell the time keeps the shape, whatever the number of frames.
    @Test(arguments: ["DilDCUNet-v2": 257, "DCUNet-10": 257, "DCUNet-16": 257, "DCUNet-20": 257].sorted { $0.key < $1.key }, [1, 9, 12])
    func architecturesKeepTheShape(_ architecture: (key: String, value: Int), frames: Int) throws {
        var settings = DCUNetConfiguration(), rng = Philox(seed: 1)
        settings.stages = try #require(DCUNetConfiguration.architectures[architecture.key]).map { stage in
            var narrow = stage
            narrow.outputs = max(2, stage.outputs / 16)
            return narrow
        }
        settings.embeddingSize = 8
        try settings.validate(bins: architecture.value)
        let network = try DCUNet(settings, using: &rng)
        let state = Tensor.gaussian([1, frames, architecture.value, 2], using: &rng)
        let output = network(state, noisy: state, times: [0.5])
        #expect(output.shape == state.shape)
        #expect(output.values.allSatisfy { $0.isFinite })
        #expect(settings.parameterCount == network.namedParameters().reduce(0) { $0 + $1.1.count })
    }

    @Test(arguments: DCUNetConfiguration.TimeEmbedding.allCases, [false, true])
    func timeIsEmbedded(_ embedding: DCUNetConfiguration.TimeEmbedding, complex: Bool) throws {
        var rng = Philox(seed: 4)
        let settings = Self.tiny {
            ($0.timeEmbedding, $0.embedsComplex, $0.localEmbeddingLayers) = (embedding, complex, 2)
        }
        let network = try DCUNet(settings, using: &rng)
        let (state, noisy) = (Tensor.gaussian([1, 5, 9, 2], using: &rng), Tensor.gaussian([1, 5, 9, 2], using: &rng))
        let outputs = [0.2, 0.9].map { network(state, noisy: noisy, times: [$0]) }
        #expect((outputs[0] == outputs[1]) == (embedding == .none))
        #expect(settings.parameterCount == network.namedParameters().reduce(0) { $0 + $1.1.count })
        let names = Set(network.namedParameters().map(\.0))
        #expect(names.contains("encoders.0.embed_layer.0.re.weight") == (embedding != .none))
        #expect(names.contains("encoders.0.embed_layer.2.dense.im.bias") == (embedding != .none))
        #expect(names.contains("embed.0.W") == (embedding == .fourier))
        #expect(names.contains("embed.3.im.weight") == (embedding != .none))
    }

    /// In training, through the statistics of the batch.
    @Test func gradientsOfTrainingAreRight() throws {
        var rng = Philox(seed: 6)
        let network = try DCUNet(Self.tiny { $0.activation = .silu }, using: &rng)
        let noisy = Tensor.gaussian([2, 5, 9, 2], using: &rng)
        checkGradients(at: [.gaussian([2, 5, 9, 2], using: &rng)], "DCUNet in training") { [network] inputs in
            var copy = network, draws = Philox(seed: 1)
            return copy.trained(on: inputs[0], noisy: noisy, times: [0.3, 0.8], using: &draws)
        }
    }

    @Test func impossibleSettingsAreRefused() {
        func refuses(bins: Int = 9, _ change: (inout DCUNetConfiguration) -> Void) {
            #expect(throws: ScoreDiffusionError.self) { try Self.tiny(change).validate(bins: bins) }
        }
        #expect(throws: Never.self) { try Self.tiny().validate(bins: 9) }
        refuses { $0.stages = [] }
        refuses { $0.stages[1].outputs = 0 }
        refuses { $0.stages[1].outputs = .max }
        refuses { $0.stages[0].kernel = [3] }
        refuses { $0.stages[0].stride = [0, 1] }
        refuses { $0.stages[0].dilation = [1, .max] }
        refuses { $0.embeddingSize = 7 }
        refuses { $0.globalEmbeddingLayers = -1 }
        refuses { $0.localEmbeddingLayers = .max }
        refuses { $0.fourierScale = .nan }
        refuses(bins: 10) { _ in }
        refuses(bins: 0) { _ in }
        refuses(bins: 5) { $0.stages[1].dilation = [20, 1] }
    }
}
