import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Outputs within 2e-6 and gradients within 1e-5 of the reference, relative L2; Fourier features within 2e-4 absolute.
@Suite struct LayerParityTests {
    @Test(arguments: Fixture.all(in: "sgmse/layers"))
    func resampling(_ fixture: Fixture) throws {
        let runs = fixture.cases { ["upsample_2d", "downsample_2d", "nearest x2", "mean 2x2"].contains($0["op"].string ?? "") }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let resampling = settings["fir_kernel"].doubles.map { Resampling.fir($0.map(Float.init)) } ?? .nearest
            let up = ["upsample_2d", "nearest x2"].contains(settings["op"].string)
            let check = try BlockCheck(fixture, name)
            try check(Variables(check.input("x"))) { up ? resampling.up($0.tensors[0]) : resampling.down($0.tensors[0]) }
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/layers"))
    func residualBlocks(_ fixture: Fixture) throws {
        let runs = fixture.cases { $0["op"].string?.hasPrefix("ResnetBlock") == true }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let check = try BlockCheck(fixture, name)
            var rng = Philox(seed: 1)
            let inputs = try #require(settings["in_ch"].int)
            let isDDPM = settings["op"].string == "ResnetBlockDDPMpp"
            let kernel = settings["fir_kernel"].doubles.map { $0.map(Float.init) } ?? [1, 3, 3, 1]
            let block = ResidualBlock(
                inputs, settings["out_ch"].int ?? inputs, embedding: try #require(settings["temb_dim"].int),
                direction: settings["up"].bool == true ? .up : settings["down"].bool == true ? .down : .same,
                shortcut: !isDDPM ? .pointwise : settings["conv_shortcut"].bool == true ? .convolution : .matrix,
                resampling: settings["fir"].bool == false ? .nearest : .fir(kernel), activation: .swish,
                rescales: settings["skip_rescale"].bool ?? true, using: &rng)
            try check(check.loaded(block), inputs: ["x", "temb"]) { $0($1[0], embedding: $1[1]) }
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/layers"))
    func attention(_ fixture: Fixture) throws {
        let runs = fixture.cases { $0["op"].string == "AttnBlockpp" }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let check = try BlockCheck(fixture, name)
            var rng = Philox(seed: 1)
            let block = AttentionBlock(
                try #require(settings["channels"].int), rescales: settings["skip_rescale"].bool ?? true, using: &rng)
            try check(check.loaded(block), inputs: ["x"]) { $0($1[0]) }
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/layers"))
    func pyramids(_ fixture: Fixture) throws {
        let runs = fixture.cases { ["Combine", "Downsample"].contains($0["op"].string) }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let check = try BlockCheck(fixture, name)
            var rng = Philox(seed: 1)
            if settings["op"].string == "Combine" {
                let combination = try #require(NCSNppConfiguration.Combination(rawValue: settings["method"].string ?? ""))
                let merge = PyramidMerge(
                    try #require(settings["dim1"].int), into: try #require(settings["dim2"].int),
                    combination: combination, using: &rng)
                try check(check.loaded(merge), inputs: ["x", "y"]) { $0($1[0], $1[1]) }
                continue
            }
            let kernel = settings["fir_kernel"].doubles.map { $0.map(Float.init) } ?? [1, 3, 3, 1]
            let resampling = settings["fir"].bool == true ? Resampling.fir(kernel) : .nearest
            if settings["with_conv"].bool == true {
                let inputs = try #require(settings["in_ch"].int)
                let block = ConvolvedDownsample(
                    inputs, settings["out_ch"].int ?? inputs, resampling: resampling, using: &rng)
                try check(check.loaded(block), inputs: ["x"]) { $0($1[0]) }
            } else {
                try check(Variables(check.input("x"))) { resampling.down($0.tensors[0]) }
            }
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/layers"))
    func activations(_ fixture: Fixture) throws {
        let known: [String: Activation] = ["swish": .swish, "elu": .elu, "relu": .relu, "lrelu": .leakyReLU]
        let runs = fixture.cases { known[$0["op"].string ?? ""] != nil }
        try #require(!runs.isEmpty)
        for (name, settings) in runs {
            let activation = try #require(known[settings["op"].string ?? ""])
            let check = try BlockCheck(fixture, name)
            try check(Variables(check.input("x"))) { activation($0.tensors[0]) }
        }
    }

    @Test(arguments: Fixture.all(in: "sgmse/layers"))
    func timeEmbedding(_ fixture: Fixture) throws {
        let runs = fixture.cases { $0["op"].string?.hasPrefix("GaussianFourierProjection") == true }
        try #require(!runs.isEmpty)
        for (name, _) in runs {
            let check = try BlockCheck(fixture, name)
            var rng = Philox(seed: 1)
            let count = try fixture.shape("\(name).w.W")[0]
            let embedding = try check.loaded(FourierTimeEmbedding(count: count, scale: 16, using: &rng))
            let features = embedding.features(of: try fixture.doubles("\(name).in.x"))
            expectClose(features.values, try fixture.floats("\(name).out"), absolute: 2e-4, name)
        }
    }
}

/// One block of the layers set: runs it forward and back and compares everything that is stored.
private struct BlockCheck {
    let fixture: Fixture, name: String

    init(_ fixture: Fixture, _ name: String) throws { (self.fixture, self.name) = (fixture, name) }

    func input(_ tensor: String) throws -> Tensor { try fixture.tensor("\(name).in.\(tensor)") }

    func loaded<L: Layer>(_ layer: L) throws -> L {
        var layer = layer
        try layer.load(from: SafeTensorsFile(path: fixture.path(of: "io.safetensors")), prefix: "\(name).w.")
        return layer
    }

    /// A block without parameters of its own, whose only variable is `x`.
    func callAsFunction(_ variables: Variables, _ body: (Variables) throws -> Tensor) throws {
        try compare(variables, gradientNames: ["0": "x"], body)
    }

    func callAsFunction<L: Layer>(
        _ layer: L, inputs: [String], _ body: (L, [Tensor]) throws -> Tensor
    ) throws {
        var variables = Variables()
        variables.tensors = try inputs.map(input)
        let names = Dictionary(uniqueKeysWithValues: inputs.enumerated().map { ("inputs.\($0)", $1) })
        try compare(WithInputs(layer: layer, inputs: variables), gradientNames: names) { try body($0.layer, $0.inputs.tensors) }
    }

    private func compare<M: Layer>(_ model: M, gradientNames: [String: String], _ body: (M) throws -> Tensor) throws {
        expectClose(try body(model).values, try fixture.floats("\(name).out"), relativeL2: 2e-6, "\(name) output")
        let cotangent = try fixture.tensor("\(name).cot")
        let (_, gradients) = try valueAndGradient(of: model) { (try body($0) * cotangent).sum() }
        var largest = 0.0
        for gradient in gradients.tensors { largest = max(largest, Double(gradient.values.map(abs).max() ?? 0)) }
        for (parameter, gradient) in zip(gradients.names, gradients.tensors) {
            let stored = gradientNames[parameter] ?? parameter.replacingOccurrences(of: "layer.", with: "")
            let expected = try fixture.floats("\(name).grad.\(stored)")
            if stored.hasSuffix("NIN_1.b") {
                // Zero in exact arithmetic: softmax does not see what all keys share.
                expectClose(gradient.values, expected, absolute: 1e-5 * largest, "\(name) gradient of \(stored)")
            } else {
                expectClose(gradient.values, expected, relativeL2: 1e-5, "\(name) gradient of \(stored)")
            }
        }
    }
}
