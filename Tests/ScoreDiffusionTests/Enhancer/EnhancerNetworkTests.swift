import Foundation
import NeuralCore
import SpectralNetworks
import TestSupport
import Testing

@testable import ScoreDiffusion

@Suite struct EnhancerNetworkTests {
    /// The Swift network against its PyTorch twin: output, loss and the gradient of every parameter.
    @Test(arguments: Fixture.all(in: "enhancer").filter { $0.hasTensor("state") })
    func matchesTwin(_ fixture: Fixture) throws {
        let settings = try Data(contentsOf: URL(fileURLWithPath: fixture.path(of: "config.json")))
        let configuration = try JSONDecoder().decode(EnhancerNetwork.Configuration.self, from: settings)
        var rng = Philox(seed: 1)
        var network = EnhancerNetwork(configuration, using: &rng)
        try network.load(from: fixture.weights)
        let (state, noisy) = (try fixture.tensor("state"), try fixture.tensor("noisy"))
        let times = try fixture.doubles("time"), target = try fixture.tensor("target")

        let (loss, gradients) = valueAndGradient(of: network) { network in
            square(network(state, noisy: noisy, times: times) - target).mean()
        }
        expectClose(network(state, noisy: noisy, times: times), try fixture.tensor("output"), relativeL2: 1e-5)
        expectClose(loss, try fixture.tensor("loss"), relativeL2: 1e-5)
        for (name, gradient) in zip(gradients.names, gradients.tensors) {
            expectClose(gradient, try fixture.tensor("gradient.\(name)"), relativeL2: 1e-4, name)
        }
    }

    @Test func bandsCoverEveryBin() {
        for bins in [2, 33, 129, 257, 513, 769] {
            #expect(bandWidths(bins: bins).reduce(0, +) == bins)
        }
    }

    @Test func startsAsTheIdentity() {
        var rng = Philox(seed: 3)
        var network = EnhancerNetwork(using: &rng)
        network.masks.weight = .zeros(network.masks.weight.shape)
        let noisy = Tensor.gaussian([1, 5, 257, 2], using: &rng)
        let output = network(noisy, noisy: noisy, times: [1])
        expectClose(output, noisy, relativeL2: 1e-6)
    }

    /// What comes after a frame changes nothing of it, to the bit.
    @Test func causalNetworkIgnoresTheFuture() {
        var rng = Philox(seed: 4), settings = EnhancerNetwork.Configuration()
        (settings.bins, settings.channels, settings.hidden, settings.causal) = (33, 8, 4, true)
        let network = EnhancerNetwork(settings, using: &rng)
        let noisy = Tensor.gaussian([1, 9, 33, 2], using: &rng)
        let later = Tensor.concatenated([noisy.sliced(axis: 1, 0..<6), .gaussian([1, 3, 33, 2], using: &rng)], axis: 1)
        let (one, other) = (network(noisy, noisy: noisy, times: [1]), network(later, noisy: later, times: [1]))
        #expect(one.sliced(axis: 1, 0..<6) == other.sliced(axis: 1, 0..<6))
        #expect(one != other)
    }

    /// All parts of the loss and their gradient against PyTorch.
    @Test(arguments: Fixture.all(in: "enhancer").filter { $0.hasTensor("waveform") })
    func lossMatchesTwin(_ fixture: Fixture) throws {
        let settings = try Data(contentsOf: URL(fileURLWithPath: fixture.path(of: "config.json")))
        let transform = try SpectrogramTransform(EnhancerModel.Configuration().transform)
        let weights = try JSONDecoder().decode(EnhancerLoss.Weights.self, from: settings)
        let clean = try fixture.tensor("clean"), target = try fixture.tensor("spectrum")
        let loss = EnhancerLoss(
            transform: transform, sampleRate: try #require(fixture.config["sampleRate"].int), bridge: SchroedingerBridgeVE(), weights: weights)
        let envelopes = EnvelopeCorrelation(transform.configuration, sampleRate: try #require(fixture.config["sampleRate"].int))
        expectClose(
            envelopes(try fixture.tensor("estimate"), target), try fixture.tensor("envelopeCorrelation"), relativeL2: 1e-5)

        let length = clean.shape[1], values = clean.values
        let rows = (0..<clean.shape[0]).map { Array(values[$0 * length..<($0 + 1) * length]) }
        expectClose(try transform.spectra(of: rows), target, relativeL2: 2e-6)
        let (value, gradients) = try valueAndGradient(of: Estimate(spectrum: try fixture.tensor("estimate"))) { model in
            let waveform = try transform.signals(from: model.spectrum, length: length)
            expectClose(waveform.detached, try fixture.tensor("waveform"), relativeL2: 2e-6)
            return try loss.value(estimate: model.spectrum, cleanSpectrum: target, clean: clean)
        }
        expectClose(value, try fixture.tensor("loss"), relativeL2: 1e-5)
        expectClose(gradients.tensors[0], try fixture.tensor("gradient"), relativeL2: 1e-5)
    }
}

/// A spectrum as the only parameter, to ask for its gradient.
private struct Estimate: Layer {
    var spectrum: Tensor

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("spectrum", &spectrum)
    }
}
