import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite struct EnCodecInputTests {
    @Test func samplesAndCodesThatCannotBe() throws {
        let codec = try EnCodecStreamTests.codec(causal: true)
        #expect(throws: CodecError.channelCount(found: 2, expected: 1)) { try codec.encode([[0], [0]]) }
        #expect(throws: CodecError.channelCount(found: 0, expected: 1)) { try codec.encode([]) }
        #expect(throws: CodecError.notFinite(channel: 0, sample: 2)) { try codec.encode([[0, 1, .nan]]) }
        #expect(throws: CodecError.codebookCount(found: 4, allowed: 1...3)) { try codec.decode([[], [], [], []]) }
        #expect(throws: CodecError.codebookCount(found: 0, allowed: 1...3)) { try codec.decode([]) }
        #expect(throws: CodecError.unequalLengths([2, 1])) { try codec.decode([[0, 0], [0]]) }
        #expect(throws: CodecError.codeOutOfRange(codebook: 1, frame: 1, code: 32, bins: 32)) { try codec.decode([[0, 0], [0, 32]]) }
        #expect(throws: CodecError.codeOutOfRange(codebook: 0, frame: 0, code: -1, bins: 32)) { try codec.decode([[-1]]) }

        var decoder = codec.makeStreamingDecoder()
        _ = try decoder.decode([[1], [2]])
        #expect(throws: CodecError.codebookCount(found: 3, allowed: 2...2)) { try decoder.decode([[1], [2], [3]]) }
        #expect(throws: CodecError.codeOutOfRange(codebook: 0, frame: 2, code: 99, bins: 32)) { try decoder.decode([[1, 99], [2, 2]]) }
        _ = try decoder.decode([[1], [2]])
        #expect(try decoder.finish()[0].count + 0 <= 2 * codec.hopLength)
    }

    @Test func settings() throws {
        func message(_ json: String) throws -> String {
            let settings = try JSONValue(parsing: json)
            let error = #expect(throws: ModelError.self) { try EnCodecConfiguration(settings, path: "config.json") }
            return error?.localizedDescription ?? ""
        }
        #expect(try message(#"{"norm_type": "time_group_norm"}"#).contains("norm_type"))
        #expect(try message(#"{"normalize": true}"#).contains("normalize"))
        #expect(try message(#"{"chunk_length_s": 1.0}"#).contains("chunk_length_s"))
        #expect(try message(#"{"num_filters": 1000000000}"#).contains("1000000000"))
        #expect(try message(#"{"upsampling_ratios": [64, 64, 64, 64]}"#).contains("upsampling_ratios"))
        #expect(try message(#"{"upsampling_ratios": []}"#).contains("upsampling_ratios"))
        #expect(try message(#"{"sampling_rate": "fast"}"#).contains("sampling_rate"))
        #expect(try message(#"{"codebook_dim": 64}"#).contains("codebook_dim"))
        #expect(try message(#"{"pad_mode": "replicate"}"#).contains("pad_mode"))
        #expect(try message(#"{"trim_right_ratio": 3}"#).contains("trim_right_ratio"))
        #expect(try EnCodecConfiguration(JSONValue(parsing: "{}"), path: "config.json") == EnCodecConfiguration())
    }

    /// Every tensor that does not fit is named; weights that are no numbers are refused.
    @Test func weights() throws {
        var configuration = EnCodecConfiguration()
        (configuration.filters, configuration.hiddenSize, configuration.codebookSize) = (2, 4, 8)
        var tensors = DrawnTensors(configuration, codebooks: 2, seed: 1)
        tensors["encoder.layers.0.conv.bias"] = nil
        tensors["encoder.layers.3.conv.weight"] = .zeros([4, 2, 5])
        tensors["decoder.layers.99.conv.bias"] = .zeros([1])
        let error = #expect(throws: CheckpointError.self) { try EnCodec(configuration, weights: tensors) }
        let text = error?.localizedDescription ?? ""
        for name in ["encoder.layers.0.conv.bias [2] is missing", "encoder.layers.3.conv.weight is [4, 2, 5] instead of [4, 2, 4]", "decoder.layers.99.conv.bias [1] is not part"] {
            #expect(text.contains(name), "\(text)")
        }
        for name in ["decoder.layers.0.conv.weight", "decoder.layers.1.lstm.bias_hh_l1", "quantizer.layers.1.codebook.embed"] {
            var broken = DrawnTensors(configuration, codebooks: 2, seed: 1)
            broken[name] = try broken.tensor(name) * .nan
            #expect(throws: CodecError.weightNotFinite(path: "drawn weights", name: name)) { try EnCodec(configuration, weights: broken) }
        }
        #expect(throws: CodecError.codebookCount(found: 3, allowed: 1...2)) {
            try EnCodec(configuration, weights: DrawnTensors(configuration, codebooks: 2, seed: 1), codebooks: 3)
        }
    }
}
