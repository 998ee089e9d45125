import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Both published configurations at their full size, weights by formula: samples within 1e-4 of the reference at a root
/// mean square of 3, the embedding within 2e-5.
@Suite struct FullSizeParityTests {
    private static let sets = Fixture.all(in: "tsh/full_size")

    @Test(arguments: sets) func weightsFollowTheFormula(_ fixture: Fixture) throws {
        let check = try #require(fixture.config["check_first_v_seed1"].doubles)
        for (index, value) in check.enumerated() { #expect(FormulaWeights.value(seed: 1, index: index) == value) }
    }

    @Test(arguments: sets) func extractor(_ fixture: Fixture) throws {
        let network = try TFGridNetExtractor(
            ExtractorConfiguration(fixture.config["extractor"], path: "\(fixture)"),
            weights: FormulaWeights(fixture.config["weights"]["extractor"]))
        #expect(network.parameterCount == network.configuration.parameterCount)
        let mixture = try fixture.tensor("extractor.mixture"), embedding = try fixture.tensor("extractor.embedding")
        let expected = try fixture.tensor("extractor.output")
        expectClose(network(mixture, embedding: embedding), expected, absolute: 1e-4, "offline")
        let sizes = [20, 1, 1, 1, 37]
        let (chunked, _) = try network.streamed(mixture, chunks: sizes) { _ in embedding }
        expectClose(chunked, expected, absolute: 1e-4, "calls of \(sizes) chunks")
    }

    @Test(arguments: sets) func enrollmentNetwork(_ fixture: Fixture) throws {
        let network = try EnrollmentNetwork(
            EnrollmentConfiguration(fixture.config["enroll"], path: "\(fixture)"),
            weights: FormulaWeights(fixture.config["weights"]["enroll"]))
        #expect(network.parameterCount == network.configuration.parameterCount)
        let embedding = network(try fixture.tensor("enroll.enrollment"))
        expectClose(embedding, try fixture.tensor("enroll.embedding"), absolute: 2e-5)
    }
}
