import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// The whole enrolment network: embeddings within 3e-6, gradients within 2e-5 of their peak.
@Suite struct EnrollmentParityTests {
    private static let sets = Fixture.all(in: "tsh/tiny_enroll")

    @Test(arguments: sets) func embeddingAndGradients(_ fixture: Fixture) throws {
        let network = try fixture.enrollmentNetwork(), recording = try fixture.tensor("enrollment")
        let embedding = network(recording)
        expectClose(embedding, try fixture.tensor("embedding"), absolute: 3e-6)
        let wanted = try fixture.tensor("dvector_pos")
        expectClose(cosineEmbeddingLoss(embedding, wanted).mean(), try fixture.tensor("loss_pos"), absolute: 2e-6)
        for index in 0..<2 {
            let loss = cosineEmbeddingLoss(embedding, try fixture.tensor("dvector_neg\(index)"), isSame: false).mean()
            expectClose(loss, try fixture.tensor("loss_neg\(index)"), absolute: 2e-6)
        }
        try NamedGradients(of: network, inputs: [recording], inputNames: ["enrollment"]) {
            cosineEmbeddingLoss($0($1[0]), wanted).mean()
        }.expectClose(to: fixture, prefix: { gradientName($0, in: fixture) }, relative: 2e-5)
    }

    @Test(arguments: sets) func levelDoesNotMatter(_ fixture: Fixture) throws {
        let network = try fixture.enrollmentNetwork(), recording = try fixture.tensor("enrollment")
        expectClose(network(recording * 1e-3), network(recording), absolute: 2e-6)
        let silence = network(.zeros(recording.shape))
        #expect(silence.values.allSatisfy { $0.isFinite })
    }
}
