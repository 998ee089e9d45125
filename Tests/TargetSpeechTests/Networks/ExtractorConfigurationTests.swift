import Foundation
import Testing

@testable import TargetSpeech

@Suite struct ExtractorConfigurationTests {
    private static let published = """
        "embed_dim": 256, "stft_chunk_size": 128, "stft_pad_size": 64, "num_ch": 2, "D": 64, "L": 4, "I": 1, "J": 1, \
        "B": 3, "H": 64, "local_atten_len": 50, "use_attn": true, "lookahead": true, "chunk_causal": true
        """

    private func decode(_ json: String) throws -> ExtractorConfiguration {
        try JSONDecoder().decode(ExtractorConfiguration.self, from: Data(json.utf8))
    }

    @Test func thePublishedOneIsTheDefault() throws {
        #expect(try decode("{\(Self.published)}") == ExtractorConfiguration())
        #expect(try decode("{\"lr\": 0.1, \"model_params\": {\(Self.published)}}") == ExtractorConfiguration())
        let configuration = ExtractorConfiguration()
        #expect(configuration.binCount == 97)
        #expect(configuration.queryWidth == 6)
        #expect(configuration.valueWidth == 16)
        #expect(configuration.parameterCount == 2_037_960)
    }

    @Test func itSurvivesJSON() throws {
        let configuration = ExtractorConfiguration.make {
            ($0.sampleRate, $0.microphones, $0.outputs, $0.embeddingSize) = (48_000, 1, 1, 0)
            ($0.chunkLength, $0.lookahead, $0.width, $0.heads) = (256, 256, 30, 3)
        }
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(ExtractorConfiguration.self, from: data) == configuration)
        #expect(!configuration.isConditioned)
    }

    @Test(arguments: [
        ("D", "0"), ("L", "3"), ("num_ch", "3"), ("stft_pad_size", "129"), ("stft_pad_size", "63"), ("B", "-1"),
        ("embed_dim", "-2"), ("local_atten_len", "0"), ("use_attn", "false"), ("lookahead", "false"),
        ("chunk_causal", "false"),
    ])
    func impossibleValuesAreNamed(_ name: String, _ value: String) throws {
        let pattern = try Regex("\"\(name)\": [a-z0-9]+")
        let json = "{\(Self.published.replacing(pattern, with: "\"\(name)\": \(value)"))}"
        let error = #expect(throws: TargetSpeechError.self) { try decode(json) }
        #expect(error?.errorDescription?.hasPrefix("\(name) is \(value);") == true)
    }

    @Test func missingSizesAreNotGuessed() {
        #expect(throws: DecodingError.self) { try decode("{\"D\": 64}") }
    }
}
