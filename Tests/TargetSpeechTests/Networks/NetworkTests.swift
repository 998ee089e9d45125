import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// Sizes other than the published ones.
@Suite struct NetworkTests {
    private static func small(_ change: (inout ExtractorConfiguration) -> Void) -> TFGridNetExtractor {
        var configuration = ExtractorConfiguration()
        (configuration.chunkLength, configuration.lookahead, configuration.width, configuration.hidden) = (16, 8, 8, 6)
        (configuration.blocks, configuration.attentionFrames, configuration.approximateQuerySize) = (2, 4, 26)
        configuration.embeddingSize = 5
        change(&configuration)
        var rng = Philox(seed: 1)
        return TFGridNetExtractor(configuration, using: &rng)
    }

    private static let networks = [
        small { _ in }, small { $0.embeddingSize = 0 }, small { ($0.microphones, $0.outputs) = (1, 1) },
        small { ($0.microphones, $0.outputs) = (2, 1) }, small { $0.lookahead = 16 }, small { $0.attentionFrames = 1 },
        small { ($0.blocks, $0.heads) = (1, 2) },
    ]

    @Test(arguments: networks.indices) func chunksEqualTheWhole(_ index: Int) {
        let network = Self.networks[index], configuration = network.configuration
        var rng = Philox(seed: 2)
        let mixture = Tensor.gaussian([2, configuration.microphones, 160], using: &rng)
        let embedding = configuration.embeddingSize > 0 ? Tensor.gaussian([2, configuration.embeddingSize], using: &rng) : nil
        let whole = network(mixture, embedding: embedding)
        #expect(whole.shape == [2, configuration.outputs, 160])
        var state = TFGridNetExtractor.State(configuration, batch: 2), pieces: [Tensor] = []
        let padded = mixture.padded([(0, 0), (0, 0), (0, configuration.lookahead)])
        for first in [0, 1, 2, 5, 9] {
            let count = [0: 1, 1: 1, 2: 3, 5: 4, 9: 1][first]!
            let range = 16 * first..<16 * (first + count) + configuration.lookahead
            pieces.append(network(padded.sliced(axis: 2, range), embedding: embedding, state: &state))
        }
        expectClose(Tensor.concatenated(pieces, axis: 2), whole, absolute: 3e-6)
        #expect(network.parameterCount == configuration.parameterCount)
    }

    /// An output sample depends on no input behind its own chunk's look-ahead.
    @Test func nothingComesBeforeItsCause() {
        let network = Self.networks[0]
        var rng = Philox(seed: 2)
        let mixture = Tensor.gaussian([1, 2, 160], using: &rng), embedding = Tensor.gaussian([1, 5], using: &rng)
        let before = network(mixture, embedding: embedding)
        let change = 100
        var values = mixture.values
        values[change] += 1
        let after = network(Tensor(values, shape: mixture.shape), embedding: embedding)
        let first = zip(before.values[..<160], after.values[..<160]).enumerated().first { $1.0 != $1.1 }?.offset
        // The window's first sample is zero, so the output changes one sample later.
        #expect(first == 16 * ((change - 23 + 15) / 16) + 1)
    }

    /// Every parameter of every variant learns.
    @Test(arguments: [1, 2, 3]) func gradientsReachAllParameters(_ index: Int) {
        let network = Self.networks[index], configuration = network.configuration
        var rng = Philox(seed: 2)
        let mixture = Tensor.gaussian([2, configuration.microphones, 100], using: &rng)
        let embedding = configuration.embeddingSize > 0 ? Tensor.gaussian([2, configuration.embeddingSize], using: &rng) : nil
        let target = Tensor.gaussian([2, configuration.outputs, 100], using: &rng)
        let (_, gradients) = valueAndGradient(of: network) {
            -signalToNoiseRatio($0(mixture, embedding: embedding), target).mean()
        }
        for (name, gradient) in zip(gradients.names, gradients.tensors) {
            #expect(gradient.values.contains { $0 != 0 }, "\(name)")
        }
    }

    @Test(arguments: [(128, 64, 4, 1), (64, 64, 3, 2), (256, 128, 4, 4)])
    func enrolmentSizes(_ window: Int, _ hop: Int, _ stretch: Int, _ stretchHop: Int) {
        var configuration = EnrollmentConfiguration()
        (configuration.windowLength, configuration.hop) = (window, hop)
        (configuration.stretch, configuration.stretchHop) = (stretch, stretchHop)
        (configuration.width, configuration.hidden, configuration.blocks, configuration.heads) = (8, 6, 1, 2)
        (configuration.embeddingSize, configuration.microphones, configuration.approximateQuerySize) = (10, 1, 100)
        var rng = Philox(seed: 3)
        let network = EnrollmentNetwork(configuration, using: &rng)
        #expect(network.parameterCount == configuration.parameterCount)
        for samples in [configuration.minimumLength, 1_000] {
            let embedding = network(.gaussian([2, 1, samples], using: &rng))
            #expect(embedding.shape == [2, 10] && embedding.values.allSatisfy { $0.isFinite })
        }
    }

    @Test func publishedSizes() {
        #expect(ExtractorConfiguration().parameterCount == 2_037_960)
        // Without the convolution that is never used.
        #expect(EnrollmentConfiguration().parameterCount == 2_368_681 - 1_154)
    }

    @Test func settingsRoundTrip() throws {
        var configuration = EnrollmentConfiguration()
        (configuration.windowLength, configuration.stretch, configuration.microphones) = (256, 3, 1)
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(EnrollmentConfiguration.self, from: data) == configuration)
        let published = #"{"model_params": {"embed_dim": 256, "num_ch": 2, "n_fft": 128, "stride": 64, "num_blocks": 3}}"#
        #expect(try JSONDecoder().decode(EnrollmentConfiguration.self, from: Data(published.utf8)) == EnrollmentConfiguration())
        for wrong in ["\"num_ch\": 3", "\"n_fft\": 127", "\"emb_ks\": 0", "\"emb_dim\": -1", "\"emb_hs\": 5", "\"attn_n_head\": 5", "\"eps\": 0"] {
            let text = #"{"embed_dim": 256, "num_ch": 2, "n_fft": 128, "stride": 64, "num_blocks": 3, "#
            let json = wrong.contains("num_ch") || wrong.contains("n_fft")
                ? (text + "}").replacingOccurrences(of: wrong.contains("num_ch") ? "\"num_ch\": 2" : "\"n_fft\": 128", with: wrong)
                    .replacingOccurrences(of: ", }", with: "}")
                : text + wrong + "}"
            #expect(throws: TargetSpeechError.self, "\(wrong)") {
                try JSONDecoder().decode(EnrollmentConfiguration.self, from: Data(json.utf8))
            }
        }
    }
}
