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

    /// The light networks against those of `recipes/light_target_networks.py`; no gradient reaches the sound.
    @Test(arguments: Fixture.all(in: "target_networks/light_extractor")) func lightExtractor(_ fixture: Fixture) throws {
        let network = try BandSplitExtractor(fixture.settings(), weights: fixture.weights), mixture = try fixture.tensor("input")
        try compare(fixture, network, inputs: ["embedding"]) { $0(mixture, embedding: $1[0]) }
    }

    @Test(arguments: Fixture.all(in: "target_networks/light_enrollment")) func lightEnrollment(_ fixture: Fixture) throws {
        let network = try MelEnrollmentNetwork(fixture.settings(), weights: fixture.weights), recording = try fixture.tensor("input")
        try compare(fixture, network, inputs: []) { network, _ in network(recording) }
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

extension Fixture {
    fileprivate func settings<Configuration: NetworkConfiguration>() throws -> Configuration {
        try JSONDecoder().decode(Configuration.self, from: Data(contentsOf: URL(fileURLWithPath: path(of: "config.json"))))
    }
}
