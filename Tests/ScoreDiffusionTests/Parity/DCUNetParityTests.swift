import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

/// Outputs and gradients within `NetworkTolerance` of the reference, relative L2 per tensor.
@Suite struct DCUNetParityTests {
    static let sets = Fixture.all(in: "sgmse").filter { $0.config["backbone"].string == "dcunet" && $0.hasTensor("x_t") }

    private func network(_ fixture: Fixture) throws -> DCUNet {
        var rng = Philox(seed: 1)
        var network = try DCUNet(DCUNetConfiguration(reference: fixture), using: &rng)
        try network.configuration.validate(bins: try fixture.spectra("x_t").shape[2])
        try network.load(from: fixture.weights, prefix: "dnn.")
        return network
    }

    @Test(arguments: sets)
    func outputsMatchReference(_ fixture: Fixture) throws {
        let network = try network(fixture), tolerance = NetworkTolerance(of: fixture).output
        var parts: [String: ComplexTensor] = [:]
        let output = network.forward(
            try fixture.spectra("x_t"), noisy: try fixture.spectra("y"), times: try fixture.doubles("t")
        ) { parts[$0] = $1 }
        for name in fixture.names where name.hasPrefix("act.") {
            let part = try #require(parts[String(name.dropFirst("act.".count))], "no part \(name)")
            let pairs = Tensor.stacked([part.real, part.imaginary], axis: -1)
            expectClose(pairs.values, try fixture.floats(name), relativeL2: tolerance, name)
        }
        expectClose(output.values, try fixture.spectra("out").values, relativeL2: tolerance, "output")
    }

    @Test(arguments: sets)
    func gradientsMatchReference(_ fixture: Fixture) throws {
        let model = WithInputs(
            layer: try network(fixture), inputs: Variables(try fixture.spectra("x_t"), try fixture.spectra("y")))
        let (times, cotangent) = (try fixture.doubles("t"), try fixture.spectra("cot"))
        let tolerance = NetworkTolerance(of: fixture).gradient
        let (loss, gradients) = valueAndGradient(of: model) { model in
            (model.layer(model.inputs.tensors[0], noisy: model.inputs.tensors[1], times: times) * cotangent).sum()
        }
        let expectedLoss = try #require(fixture.io["values"]["loss"].float)
        expectClose([loss.item], [expectedLoss], relativeL2: tolerance, "loss")
        let expectedNames = fixture.names.filter { $0.hasPrefix("grad.dnn.") }
        for name in expectedNames {
            let gradient = try #require(gradients["layer." + name.dropFirst("grad.dnn.".count)], "no gradient \(name)")
            expectClose(gradient.values, try fixture.floats(name), relativeL2: tolerance, name)
        }
        #expect(gradients.names.count == expectedNames.count + 2)
        for (index, name) in ["grad_in.x_t", "grad_in.y"].enumerated() {
            let gradient = try #require(gradients["inputs.\(index)"])
            expectClose(gradient.values, try fixture.spectra(name).values, relativeL2: tolerance, name)
        }
    }

    /// One call in training uses the statistics of the batch and leaves the running ones as the reference does.
    @Test(arguments: sets)
    func trainingModeMatchesReference(_ fixture: Fixture) throws {
        guard fixture.hasTensor("out_train") else { return }
        var network = try network(fixture), rng = Philox(seed: 1)
        let output = network.trained(
            on: try fixture.spectra("x_t"), noisy: try fixture.spectra("y"), times: try fixture.doubles("t"), using: &rng)
        let tolerance = NetworkTolerance(of: fixture).output
        expectClose(output.values, try fixture.spectra("out_train").values, relativeL2: tolerance, "output in training")
        let parameters = Dictionary(uniqueKeysWithValues: network.namedParameters())
        let expectedNames = fixture.names.filter { $0.hasPrefix("after_train.") }
        try #require(!expectedNames.isEmpty)
        for name in expectedNames {
            let buffer = try #require(parameters[String(name.dropFirst("after_train.".count))], "no buffer \(name)")
            expectClose(buffer.values, try fixture.floats(name), relativeL2: tolerance, name)
        }
    }

    @Test(arguments: sets)
    func parameterNamesAreThePublishedOnes(_ fixture: Fixture) throws {
        let network = try network(fixture), parameters = network.namedParameters()
        #expect(Set(parameters.map { "dnn." + $0.0 }) == Set(try fixture.weights.names))
        #expect(network.configuration.parameterCount == parameters.reduce(0) { $0 + $1.1.count })
    }
}
