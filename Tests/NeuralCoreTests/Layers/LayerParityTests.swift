import NeuralCore
import TestSupport
import Testing

/// Every block of the `neural` sets against PyTorch: results to 1e-5 and gradients to 1e-4 in relative L2.
@Suite struct LayerParityTests {
    struct Block: Sendable, CustomTestStringConvertible {
        let fixture: Fixture
        let name: String
        var settings: JSONValue { fixture.config[name] }
        var testDescription: String { "\(fixture) \(name)" }

        func tensor(_ part: String) throws -> Tensor { try fixture.tensor("\(name).\(part)") }

        /// The names of the tensors that start with `name.part.`, without that.
        func parts(_ part: String) -> [String] {
            let prefix = "\(name).\(part)."
            return fixture.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        }
    }

    static let blocks: [Block] = Fixture.all(in: "neural").flatMap { fixture in
        (fixture.config.object?.keys ?? []).map { Block(fixture: fixture, name: $0) }
    }

    static func blocks(_ operations: String...) -> [Block] {
        blocks.filter { operations.contains($0.settings["op"].string ?? "") }
    }

    /// Loads the weights, then compares the result and all gradients of `sum(out · cot)`.
    private func check<L: Layer>(
        _ block: Block, _ layer: L, _ call: (inout L, Tensor) -> Tensor
    ) throws -> L {
        var loader = BlockLoader(block: block)
        var model = Model(layer: layer, input: try block.tensor("in.x"))
        try model.layer.visitParameters(&loader)
        let cotangent = try block.tensor("cot")
        var output = Tensor(scalar: 0)
        let (_, gradients) = valueAndGradient(of: &model) { model in
            let out = call(&model.layer, model.input)
            output = out.detached
            return (out * cotangent).sum()
        }
        expectClose(output, try block.tensor("out"), relativeL2: 1e-5, "result")
        for name in block.parts("grad") {
            let found = try #require(gradients[name == "x" ? "input" : "layer." + name], "no gradient of \(name)")
            expectClose(found, try block.tensor("grad." + name), relativeL2: 1e-4, "gradient of \(name)")
        }
        #expect(gradients.names.count == block.parts("grad").count)
        return model.layer
    }

    @Test(arguments: blocks("GRU", "LSTM")) func recurrent(_ block: Block) throws {
        var rng = Philox(seed: 1)
        let settings = block.settings
        let inputs = try #require(settings["inputs"].int), hidden = try #require(settings["hidden"].int)
        let layers = try #require(settings["layers"].int), both = settings["bidirectional"].bool == true
        if settings["op"].string == "GRU" {
            let layer = GRU(inputSize: inputs, hiddenSize: hidden, layers: layers, bidirectional: both, using: &rng)
            _ = try check(block, layer) { $0($1) }
        } else {
            let layer = LSTM(inputSize: inputs, hiddenSize: hidden, layers: layers, bidirectional: both, using: &rng)
            _ = try check(block, layer) { $0($1) }
        }
    }

    @Test(arguments: blocks("LayerNorm")) func layerNorm(_ block: Block) throws {
        _ = try check(block, LayerNorm(try #require(block.settings["features"].int))) { $0($1) }
    }

    @Test(arguments: blocks("GroupNorm")) func groupNorm(_ block: Block) throws {
        let settings = block.settings
        let layer = GroupNorm(
            groups: try #require(settings["groups"].int), channels: try #require(settings["channels"].int),
            epsilon: try #require(settings["epsilon"].float))
        _ = try check(block, layer) { $0($1) }
    }

    @Test(arguments: blocks("BatchNorm")) func batchNorm(_ block: Block) throws {
        let layer = BatchNorm(try #require(block.settings["channels"].int))
        let trained = try check(block, layer) { $0.trained(on: $1) }
        expectClose(trained.runningMean, try block.tensor("after.running_mean"), relativeL2: 1e-5)
        expectClose(trained.runningVariance, try block.tensor("after.running_var"), relativeL2: 1e-5)
        #expect(trained.batchesTracked.item == 1)
    }

    @Test(arguments: blocks("PReLU")) func prelu(_ block: Block) throws {
        _ = try check(block, PReLU(channels: try #require(block.settings["channels"].int))) { $0($1) }
    }

    @Test(arguments: blocks("Linear")) func linear(_ block: Block) throws {
        var rng = Philox(seed: 1)
        let settings = block.settings
        let layer = Linear(try #require(settings["inputs"].int), try #require(settings["outputs"].int), using: &rng)
        _ = try check(block, layer) { $0($1) }
    }

    @Test(arguments: blocks("GELU")) func geluMatches(_ block: Block) throws {
        _ = try check(block, Empty()) { gelu($1) }
    }

    @Test(arguments: blocks("Attention")) func attention(_ block: Block) throws {
        let inputs = try ["q", "k", "v"].map { try block.tensor("in." + $0) }, cotangent = try block.tensor("cot")
        let mask = block.settings["causal"].bool == true ? causalMask(inputs[0].shape[2]) : nil
        var output = Tensor(scalar: 0)
        let (_, gradients) = valueAndGradient(at: inputs) { x in
            let out = scaledDotProductAttention(query: x[0], key: x[1], value: x[2], mask: mask)
            output = out.detached
            return (out * cotangent).sum()
        }
        expectClose(output, try block.tensor("out"), relativeL2: 1e-5)
        for (name, gradient) in zip(["q", "k", "v"], gradients) {
            expectClose(gradient, try block.tensor("grad." + name), relativeL2: 1e-4, name)
        }
    }

    @Test(arguments: blocks("AdamW")) func adamW(_ block: Block) throws {
        var model = Single(parameter: try block.tensor("in.parameter"))
        var optimizer = AdamW(
            for: model, learningRate: try #require(block.settings["rate"].float),
            weightDecay: try #require(block.settings["decay"].float))
        let gradients = try block.tensor("in.gradients"), expected = try block.tensor("out")
        for step in 0..<gradients.shape[0] {
            let gradient = gradients.sliced(axis: 0, step..<step + 1).squeezed(at: 0)
            let (_, along) = valueAndGradient(of: model) { ($0.parameter * gradient).sum() }
            optimizer.update(&model, along: along)
            expectClose(
                model.parameter, expected.sliced(axis: 0, step..<step + 1).squeezed(at: 0), relativeL2: 1e-6, "\(step)")
        }
    }

    /// The activations and the group norm that the published score network uses.
    @Test(arguments: Fixture.all(in: "sgmse/layers")) func publishedLayers(_ fixture: Fixture) throws {
        let activations: [(String, @Sendable (Tensor) -> Tensor)] = [
            ("act_elu", { elu($0) }), ("act_lrelu", { leakyReLU($0, slope: 0.2) }), ("act_relu", { relu($0) }),
            ("act_swish", { silu($0) }),
        ]
        for (name, function) in activations where fixture.hasTensor("\(name).in.x") {
            let block = Block(fixture: fixture, name: name)
            _ = try check(block, Empty()) { function($1) }
        }
        let block = Block(fixture: fixture, name: "groupnorm")
        let channels = try block.tensor("w.weight").count
        let groups = block.settings["num_groups"].int ?? min(channels / 4, 32)
        _ = try check(block, GroupNorm(groups: groups, channels: channels, epsilon: 1e-6)) { $0($1) }
    }
}

private struct Model<L: Layer>: Layer {
    var layer: L
    var input: Tensor

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("layer", &layer)
        try visitor.visit("input", &input)
    }
}

private struct Empty: Layer {
    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {}
}

private struct Single: Layer {
    var parameter: Tensor

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("parameter", &parameter)
    }
}

private struct BlockLoader: ParameterVisitor {
    var path = ""
    let block: LayerParityTests.Block

    init(block: LayerParityTests.Block) { self.block = block }

    mutating func visit(_ name: String, _ parameter: inout Tensor) throws {
        let loaded = try block.tensor("w." + fullName(name))
        #expect(loaded.shape == parameter.shape, "\(name)")
        parameter = loaded
    }

    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
}
