import Foundation
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

    /// Every channel leaves with its two parts decorrelated and of variance 1, then mixed by its matrix: held against the
    /// inverse square root from the eigenvectors of the covariance.
    @Test func jointNormalizationDecorrelates() {
        var rng = Philox(seed: 8)
        let base = Tensor.gaussian([2, 3, 7, 5], using: &rng)
        let input = ComplexTensor(real: base * 2 + 1, imaginary: base * -0.7 + Tensor.gaussian([2, 3, 7, 5], using: &rng))
        var norm = JointBatchNorm(3, using: &rng)
        norm.realBias = Tensor([0.1, 0.2, 0.3], shape: [3])
        let output = norm(input)
        for channel in 0..<3 {
            func values(_ part: Tensor) -> [Double] { part.sliced(axis: 1, channel..<channel + 1).values.map(Double.init) }
            func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
            let x = values(input.real), y = values(input.imaginary), (mx, my) = (mean(x), mean(y))
            let xx = mean(x.map { ($0 - mx) * ($0 - mx) }) + 1e-5, yy = mean(y.map { ($0 - my) * ($0 - my) }) + 1e-5
            let xy = mean(zip(x, y).map { ($0 - mx) * ($1 - my) })
            let angle = 0.5 * atan2(2 * xy, xx - yy), (c, s) = (cos(angle), sin(angle))
            let first = 1 / (c * c * xx + 2 * c * s * xy + s * s * yy).squareRoot()
            let second = 1 / (s * s * xx - 2 * c * s * xy + c * c * yy).squareRoot()
            let root = (c * c * first + s * s * second, c * s * (first - second), s * s * first + c * c * second)
            let cross = Double(norm.crossWeight.values[channel]), bias = Double(norm.realBias.values[channel])
            let expected = zip(x, y).map { (x, y) -> (Double, Double) in
                let u = root.0 * (x - mx) + root.1 * (y - my), v = root.1 * (x - mx) + root.2 * (y - my)
                return (u + cross * v + bias, cross * u + v)
            }
            expectClose(values(output.real).map(Float.init), expected.map { Float($0.0) }, absolute: 1e-5)
            expectClose(values(output.imaginary).map(Float.init), expected.map { Float($0.1) }, absolute: 1e-5)
        }
        checkGradients(at: [input.real, input.imaginary, norm.crossWeight], "joint normalisation") { inputs in
            var changed = norm
            changed.crossWeight = inputs[2]
            let result = changed(ComplexTensor(real: inputs[0], imaginary: inputs[1]))
            return Tensor.concatenated([result.real, result.imaginary], axis: 0)
        }
    }

    @Test func jointNormalizationHasItsOwnParameters() throws {
        var rng = Philox(seed: 5)
        let settings = Self.tiny { $0.normalization = .joint }, network = try DCUNet(settings, using: &rng)
        let names = network.namedParameters().map(\.0)
        let expected = ["Wrr", "Wri", "Wii", "Br", "Bi"].map { "encoders.1.norm.\($0)" }
        #expect(names.filter { $0.hasPrefix("encoders.1.norm.") } == expected)
        #expect(!names.contains { $0.contains("running_") })
        #expect(settings.parameterCount == network.namedParameters().reduce(0) { $0 + $1.1.count })
    }

    /// Frames that are left out are zeros in the output, and the others are as without them.
    @Test func framesCanBeTrimmed() throws {
        var rng = Philox(seed: 3), again = Philox(seed: 3)
        let network = try DCUNet(Self.tiny { $0.frameFitting = .trimming }, using: &rng)
        let padding = try DCUNet(Self.tiny(), using: &again)
        let state = Tensor.gaussian([1, 6, 9, 2], using: &rng)
        let output = network(state, noisy: state, times: [0.4])
        #expect(output.shape == state.shape)
        #expect(output.sliced(axis: 1, 5..<6).values.allSatisfy { $0 == 0 })
        let fitting = state.sliced(axis: 1, 0..<5)
        #expect(output.sliced(axis: 1, 0..<5) == network(fitting, noisy: fitting, times: [0.4]))
        #expect(network(fitting, noisy: fitting, times: [0.4]) == padding(fitting, noisy: fitting, times: [0.4]))
        #expect(output != padding(state, noisy: state, times: [0.4]))
    }

    /// In training, through the statistics of the batch.
    @Test(arguments: DCUNetConfiguration.Normalization.allCases)
    func gradientsOfTrainingAreRight(_ normalization: DCUNetConfiguration.Normalization) throws {
        var rng = Philox(seed: 6)
        let network = try DCUNet(
            Self.tiny {
                $0.activation = .silu
                $0.normalization = normalization
            }, using: &rng)
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
