import Foundation
import NeuralCore
import TestSupport

@testable import TargetSpeech

extension ExtractorConfiguration {
    /// A network that computes in no time, with sizes that fill no panel.
    static let tiny = make {
        ($0.chunkLength, $0.lookahead, $0.width, $0.hidden) = (16, 8, 8, 6)
        ($0.attentionFrames, $0.approximateQuerySize, $0.embeddingSize) = (5, 40, 12)
    }

    static func make(_ change: (inout Self) -> Void) -> Self {
        var configuration = Self()
        change(&configuration)
        return configuration
    }

    init(_ fixture: Fixture) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: fixture.path(of: "config.json")))
        self = try JSONDecoder().decode(Self.self, from: data)
    }

    /// A network with random weights, norms and slopes among them.
    func randomNetwork(seed: UInt64 = 5) -> TFGridNetExtractor {
        var rng = Philox(seed: seed)
        var network = TFGridNetExtractor(self, using: &rng)
        var moved = RandomShift(rng: rng)
        try? network.visitParameters(&moved)
        return network
    }

    func randomWeights() -> [String: Tensor] { Dictionary(uniqueKeysWithValues: randomNetwork().namedParameters()) }

    func randomVoice(seed: UInt64 = 9) -> [Float] {
        var rng = Philox(seed: seed)
        return (Tensor.gaussian([embeddingSize], using: &rng) * 0.2).values
    }

    /// An extractor with random weights and, where it takes one, a voice.
    func extractor() throws -> StreamingExtractor {
        let extractor = try StreamingExtractor(self, weights: randomWeights())
        if isConditioned { try extractor.setVoice(randomVoice()) }
        try extractor.prepare()
        return extractor
    }

    /// Noise, one array for each microphone.
    func randomMixture(_ count: Int, seed: UInt64 = 3) -> [[Float]] {
        var rng = Philox(seed: seed)
        return (0..<microphones).map { _ in (Tensor.gaussian([count], using: &rng) * 0.1).values }
    }
}

/// The named tensors of a set.
func tensors(_ source: some TensorSource) throws -> [String: Tensor] {
    try Dictionary(uniqueKeysWithValues: source.names.map { ($0, try source.tensor($0)) })
}

extension Tensor {
    /// One item of the first axis, as rows of the last.
    func rows(_ item: Int) -> [[Float]] {
        let length = shape.last!, count = shape.dropFirst().dropLast().reduce(1, *)
        return (0..<count).map { row in
            let start = (item * count + row) * length
            return Array(values[start..<start + length])
        }
    }
}

/// Moves norms, biases and slopes away from where they begin.
private struct RandomShift: ParameterVisitor {
    var path = ""
    var rng: Philox

    mutating func visit(_ name: String, _ parameter: inout Tensor) {
        if parameter.rank == 1 { parameter = parameter + Tensor.gaussian(parameter.shape, using: &rng) * 0.1 }
    }

    mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
}
