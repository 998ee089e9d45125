import NeuralCore
import TestSupport
import Testing

@Suite struct LayerTests {
    struct Pair: Layer {
        var lists: [Linear], norm: LayerNorm?, batch: BatchNorm

        mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
            try visitor.visit("lists", &lists)
            try visitor.visit("norm", &norm)
            try visitor.visit("batch", &batch)
        }
    }

    @Test func namesArePaths() {
        var rng = Philox(seed: 1)
        let model = Pair(
            lists: [Linear(2, 3, using: &rng), Linear(3, 2, bias: false, using: &rng)], norm: nil, batch: BatchNorm(2))
        #expect(
            model.namedParameters().map(\.0) == [
                "lists.0.weight", "lists.0.bias", "lists.1.weight", "batch.weight", "batch.bias", "batch.running_mean",
                "batch.running_var", "batch.num_batches_tracked",
            ])
        #expect(model.parameterCount == 6 + 3 + 6 + 4)
    }

    /// Statistics of half a million numbers are as exact as those of few.
    @Test func longGroupsKeepTheirPrecision() {
        var rng = Philox(seed: 3)
        let x = Tensor.uniform([1, 4, 1 << 17], in: 0...40, using: &rng), values = x.values.map { Double($0) }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        let expected = values.map { Float(($0 - mean) / (variance + 1e-5).squareRoot()) }
        expectClose(GroupNorm(groups: 1, channels: 4)(x).values, expected, absolute: 1e-6)
    }

    @Test func normalisationsMatchCentralDifferences() {
        var rng = Philox(seed: 3)
        let x = Tensor.gaussian([3, 8, 5], using: &rng), scale = Tensor.gaussian([8], using: &rng)
        let shift = Tensor.gaussian([8], using: &rng), wide = Tensor.gaussian([5], using: &rng)
        checkGradients(at: [x, scale, shift], "GroupNorm") { inputs in
            var layer = GroupNorm(groups: 2, channels: 8)
            (layer.weight, layer.bias) = (inputs[1], inputs[2])
            return layer(inputs[0])
        }
        checkGradients(at: [x, scale, shift], "BatchNorm") { inputs in
            var layer = BatchNorm(8)
            (layer.weight, layer.bias) = (inputs[1], inputs[2])
            return layer.trained(on: inputs[0])
        }
        checkGradients(at: [x, wide, wide], "LayerNorm") { inputs in
            var layer = LayerNorm(5)
            (layer.weight, layer.bias) = (inputs[1], inputs[2])
            return layer(inputs[0])
        }
        checkGradients(at: [x], "LayerNorm without parameters") { LayerNorm(5, affine: false)($0[0]) }
        checkGradients(at: [x, scale], "PReLU") { inputs in
            var layer = PReLU(channels: 8)
            layer.weight = inputs[1]
            return layer(inputs[0])
        }
        checkGradients(at: [Tensor.gaussian([4, 3], using: &rng)], "Embedding") { inputs in
            var rng = Philox(seed: 1)
            var layer = Embedding(entries: 4, features: 3, using: &rng)
            layer.weight = inputs[0]
            return layer([2, 0, 2])
        }
        let q = Tensor.gaussian([2, 3, 4], using: &rng), k = Tensor.gaussian([2, 5, 4], using: &rng)
        let v = Tensor.gaussian([2, 5, 3], using: &rng)
        checkGradients(at: [q, k, v], "attention") {
            scaledDotProductAttention(query: $0[0], key: $0[1], value: $0[2], scale: 0.7)
        }
    }

    @Test func batchNormInfersFromRunningStatistics() {
        var rng = Philox(seed: 4)
        let x = Tensor.gaussian([64, 3, 20], using: &rng) * 2 + 1
        var model = BatchNorm(3, momentum: 1)
        _ = valueAndGradient(of: &model) { $0.trained(on: x).sum() }
        #expect(!model.weight.requiresGradient && !model.runningMean.requiresGradient)
        expectClose(model(x), { var m = BatchNorm(3); return m.trained(on: x) }(), absolute: 5e-3)
    }

    @Test func dropoutKeepsTheMean() {
        var rng = Philox(seed: 5)
        let kept = Dropout(rate: 0.3)(.ones([100_000]), using: &rng)
        #expect(abs(kept.mean().item - 1) < 0.01)
        #expect(abs(Float(kept.values.count { $0 == 0 }) / 100_000 - 0.3) < 0.01)
        #expect(Dropout(rate: 0)(.ones([3]), using: &rng) == .ones([3]))
    }
}
