import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Sizes that the published system does not have, one or two channels, no voice, stretches that do not fill an axis:
/// against the networks of `recipes/tfgridnet_network.py`. Outputs within 5e-5, gradients within 5e-4 of their peak.
@Suite struct OtherSizesParityTests {
    @Test(arguments: Fixture.all(in: "target_networks/extractor")) func extractor(_ fixture: Fixture) throws {
        let network = try fixture.extractor()
        try compare(fixture, network, inputs: ["input", "embedding"].filter(fixture.hasTensor)) {
            $0($1[0], embedding: $1.count > 1 ? $1[1] : nil)
        }
    }

    @Test(arguments: Fixture.all(in: "target_networks/enrollment")) func enrollment(_ fixture: Fixture) throws {
        try compare(fixture, fixture.enrollmentNetwork(), inputs: ["input"]) { $0($1[0]) }
    }

    private func compare<L: Layer>(
        _ fixture: Fixture, _ network: L, inputs names: [String], _ body: (L, [Tensor]) throws -> Tensor
    ) throws {
        let inputs = try names.map(fixture.tensor)
        expectClose(try body(network, inputs), try fixture.tensor("output"), absolute: 5e-5)
        // Sets of trained networks have outputs alone.
        guard fixture.hasTensor("cot.output") else { return }
        let cotangent = try fixture.tensor("cot.output")
        try NamedGradients(of: network, inputs: inputs, inputNames: names, cotangents: [cotangent]) { [try body($0, $1)] }
            .expectClose(to: fixture, prefix: { "grad.\($0)" }, relative: 5e-4)
    }
}
