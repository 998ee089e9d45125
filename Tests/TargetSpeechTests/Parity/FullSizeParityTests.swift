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

/// Parameters whose values are a formula of a seed: `offset + scale · v`, `v` uniform in ±1 by SplitMix64.
private struct FormulaWeights: TensorSource {
    let path = "weights by formula"
    private(set) var names: [String] = []
    private var rows: [String: (shape: [Int], seed: UInt64, offset: Double, scale: Double)] = [:]

    /// - Parameter list: `[name, shape, seed, offset, scale]` for each parameter.
    init(_ list: JSONValue) throws {
        for row in try #require(list.array) where row[0].string?.hasPrefix("deconv.") == false {
            let name = try #require(row[0].string), seed = try #require(row[2].int)
            names.append(name)
            rows[name] = (
                try #require(row[1].ints), UInt64(seed), try #require(row[3].double), try #require(row[4].double)
            )
        }
    }

    static func value(seed: UInt64, index: Int) -> Double {
        var z = seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 40) / Double(1 << 23) - 1
    }

    func contains(_ name: String) -> Bool { rows[name] != nil }
    func shape(_ name: String) throws -> [Int] { try #require(rows[name]).shape }

    func tensor(_ name: String) throws -> Tensor {
        let row = try #require(rows[name])
        return Tensor(shape: row.shape) { buffer in
            for index in buffer.indices {
                buffer[index] = Float(row.offset + row.scale * Self.value(seed: row.seed, index: index))
            }
        }
    }
}
