import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// The whole causal network: samples and states within 5e-5 of the reference, chunks within 3e-5 of the whole, gradients
/// within 5e-4 of their peak.
@Suite struct ExtractorParityTests {
    @Test(arguments: Fixture.all(in: "tsh/tiny_extractor")) func offline(_ fixture: Fixture) throws {
        let network = try fixture.extractor()
        let mixture = try fixture.tensor("mixture"), embedding = try fixture.tensor("embedding")
        let target = try fixture.tensor("target")
        expectClose(network(mixture, embedding: embedding.squeezed(at: 1)), try fixture.tensor("output"), absolute: 5e-5)
        if fixture.hasTensor("output_emb_x16") {
            expectClose(
                network(mixture, embedding: embedding.squeezed(at: 1) * 16), try fixture.tensor("output_emb_x16"),
                absolute: 5e-5)
        }
        func loss(_ network: TFGridNetExtractor, _ inputs: [Tensor]) -> Tensor {
            -signalToNoiseRatio(network(inputs[0], embedding: inputs[1].squeezed(at: 1)), target).mean()
        }
        expectClose(loss(network, [mixture, embedding]), try fixture.tensor("loss"), absolute: 5e-5, "loss")
        try NamedGradients(of: network, inputs: [mixture, embedding], inputNames: ["mixture", "embedding"], loss: loss)
            .expectClose(to: fixture, prefix: { gradientName($0, in: fixture) }, relative: 5e-4)
    }

    @Test(arguments: Fixture.all(in: "tsh/tiny_stream")) func chunks(_ fixture: Fixture) throws {
        let network = try fixture.extractor()
        let mixture = try fixture.tensor("mixture"), embedding = try fixture.tensor("embedding")
        let count = try #require(fixture.config["chunks"].int), switched = try #require(fixture.config["stream_switch"].int)
        let whole = network(mixture, embedding: embedding)
        expectClose(whole, try fixture.tensor("offline"), absolute: 5e-5, "offline")

        var compared = 0
        func compare(_ chunk: Int, _ state: TFGridNetExtractor.State) throws {
            for (name, actual) in TFGridNetExtractor.published(state) where fixture.hasTensor("state@\(chunk).\(name)") {
                expectClose(actual, try fixture.tensor("state@\(chunk).\(name)"), absolute: 5e-5, "\(name) before \(chunk)")
                compared += 1
            }
        }
        let (chunked, last) = try network.streamed(
            mixture, chunks: [Int](repeating: 1, count: count), embedding: { _ in embedding }, beforeCall: compare)
        try compare(count, last)
        #expect(compared == fixture.names.count { $0.hasPrefix("state@") })
        expectClose(chunked, try fixture.tensor("chunked"), absolute: 5e-5, "chunk by chunk")
        expectClose(chunked, whole, absolute: 3e-5, "chunks against the whole")

        let sizes = try #require(fixture.config["stream_sizes"].ints)
        let (uneven, _) = try network.streamed(mixture, chunks: sizes) { _ in embedding }
        expectClose(uneven, whole, absolute: 3e-5, "calls of \(sizes) chunks")

        let other = try fixture.tensor("embedding2")
        let (both, _) = try network.streamed(mixture, chunks: [Int](repeating: 1, count: count)) {
            $0 < switched ? embedding : other
        }
        expectClose(both, try fixture.tensor("switched"), absolute: 5e-5, "switched")
    }
}
