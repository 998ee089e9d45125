import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Vectors within 1e-6; gradients within 2e-5 of the largest value of each.
@Suite struct SpeakerNetworkParityTests {
    private struct Model: Layer {
        var param: SpeakerNetwork
        var mels: Tensor

        mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
            try visitor.visit("param", &param)
            try visitor.visit("mels", &mels)
        }
    }

    @Test(arguments: Fixture.all(in: "dvector/lstm_tiny"))
    func vectorsAndGradients(_ fixture: Fixture) throws {
        let network = try SpeakerEncoder(weights: fixture.weights).network
        let cotangent = try fixture.tensor("cot.embed")
        var vectors = Tensor(scalar: 0)
        let model = Model(param: network, mels: try fixture.tensor("mels"))
        let (_, gradients) = valueAndGradient(of: model) { model in
            let result = model.param(model.mels)
            vectors = result.detached
            return (result * cotangent).sum()
        }
        expectClose(vectors, try fixture.tensor("embed"), absolute: 1e-6, "vectors")
        let stored = fixture.names.filter { $0.hasPrefix("grad.") }
        #expect(stored.count == gradients.names.count)
        for name in stored {
            let found = try #require(gradients[String(name.dropFirst(5))], "no gradient of \(name)")
            expectClose(found, try fixture.tensor(name), relativeToPeak: 2e-5, name)
        }
        expectClose(unitRows(vectors.mean(axes: [0])), try fixture.tensor("utterance"), absolute: 1e-6, "utterance")
    }

    @Test func silentUnitsGiveZerosAndFiniteGradients() {
        let rows = Tensor([0, 0, 0, 3, 0, 4], shape: [2, 3])
        let (value, gradients) = valueAndGradient(at: [rows]) { unitRows(relu($0[0])).sum() }
        #expect(abs(value.values[0] - 1.4) < 1e-6)
        #expect(gradients[0].values.allSatisfy { $0.isFinite })
    }

    @Test func impossibleSizesAreRefused() {
        var configuration = SpeakerNetwork.Configuration()
        configuration.layerCount = 0
        #expect(throws: TargetSpeechError.self) { try configuration.validate() }
    }
}
