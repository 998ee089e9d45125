import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import AudioEmbeddings

@Suite struct CLAPParityTests {
    static let sets = Fixture.all(in: "music/clap")

    private func features(_ fixture: Fixture, low: Double, isFused: Bool = false) throws -> CLAPFeatures {
        let settings: JSONObject = ["frequency_min": .number(low), "truncation": .string(isFused ? "fusion" : "rand_trunc")]
        return try CLAPFeatures(preprocessor: .object(settings), isFused: isFused, bandCount: 64, path: "preprocessor")
    }

    private func model(_ fixture: Fixture) throws -> CLAPModel { try CLAPModel(HuggingFaceFolder(path: fixture.folder.path)) }

    private func network(_ fixture: Fixture) throws -> CLAP {
        let model = try model(fixture)
        return try CLAP(model.configuration, frameCount: 1001, weights: model.weights)
    }

    @Test(arguments: sets)
    func filtersMatch(_ fixture: Fixture) throws {
        for (name, low, isFused) in [("htk", 0.0, true), ("slaney", 0, false), ("slaney_f50", 50, false)] {
            let bank = try features(fixture, low: low, isFused: isFused).mel.bank
            let expected = try fixture.tensor("mel_filters_\(name)").transposed([1, 0])
            expectClose(bank.matrix, expected.values, relativeToPeak: 1e-6, name)
        }
    }

    @Test(arguments: sets)
    func featuresMatch(_ fixture: Fixture) throws {
        for (name, low) in [("input_features", 0.0), ("input_features_f50", 50)] {
            let features = try features(fixture, low: low)
            for (index, wave) in ["wav_2s", "wav_b"].enumerated() {
                let expected = try fixture.tensor(name).sliced(axis: 0, index..<index + 1)
                expectClose(try features(fixture.floats(wave)), expected.values, absolute: 5e-4, "\(name) \(wave)")
            }
        }
    }

    @Test(arguments: sets)
    func audioTowerMatches(_ fixture: Fixture) throws {
        let network = try network(fixture)
        let input = try fixture.tensor("input_features").squeezed(at: 1)
        let image = network.audio.melImage(input.sliced(axis: 0, 0..<1))
        expectClose(image, try fixture.tensor("mel_image_a"), relativeToPeak: 1e-5, "image")
        expectClose(network.audio.embedded(image), try fixture.tensor("patch_embed_a"), relativeToPeak: 1e-5, "patches")
        let hidden = network.audio.hidden(input)
        expectClose(hidden.mean(axes: [1]), try fixture.tensor("audio_pooled"), relativeToPeak: 1e-5, "pooled")
        // The published last state has the time quarters that the image stacked side by side.
        let expected = try fixture.tensor("audio_last_hidden")
        let folds = network.configuration.audio.foldCount, side = expected.shape[3] / folds
        let published = hidden.transposed([0, 2, 1]).reshaped([input.shape[0], -1, folds, side / folds, side]).transposed([0, 1, 3, 2, 4])
        expectClose(published.reshaped(expected.shape), expected, relativeToPeak: 1e-5, "hidden")
        expectClose(network.embeddings(ofFeatures: input), try fixture.tensor("audio_embeds"), absolute: 1e-5, "embeddings")
        let low = try fixture.tensor("input_features_f50").squeezed(at: 1)
        expectClose(network.embeddings(ofFeatures: low), try fixture.tensor("audio_embeds_f50"), absolute: 1e-5, "from 50 Hz")
    }

    @Test(arguments: sets)
    func textTowerMatches(_ fixture: Fixture) throws {
        let network = try network(fixture)
        let mask = try fixture.tensor("attention_mask"), ids = try fixture.tensor("input_ids")
        let hidden = try fixture.tensor("text_last_hidden"), pooled = try fixture.tensor("text_pooled")
        for text in 0..<mask.shape[0] {
            let row = text..<text + 1
            let length = Int(mask.sliced(axis: 0, row).sum().item)
            let tokens = ids.sliced(axis: 0, row).values.prefix(length).map { Int($0) }
            let expected = hidden.sliced(axis: 0, row).squeezed(at: 0).sliced(axis: 0, 0..<length)
            expectClose(network.text.hidden(tokens), expected, relativeToPeak: 5e-6, "states of text \(text)")
            expectClose(network.text(tokens).values, pooled.sliced(axis: 0, row).values, absolute: 5e-6, "pooled \(text)")
            let embedding = try fixture.tensor("text_embeds").sliced(axis: 0, row)
            expectClose(network.embedding(ofTokens: tokens).values, embedding.values, absolute: 1e-5, "text \(text)")
        }
    }

    @Test(arguments: sets)
    func scoresMatch(_ fixture: Fixture) throws {
        let network = try network(fixture)
        let audio = network.embeddings(ofFeatures: try fixture.tensor("input_features").squeezed(at: 1))
        let text = try fixture.tensor("text_embeds")
        let cosines = matmul(audio, text, transposeB: true)
        expectClose(cosines, try fixture.tensor("clap_score"), absolute: 1e-5)
        expectClose(cosines * network.logitScales.audio, try fixture.tensor("logits_per_audio"), absolute: 2e-4)
        expectClose(
            cosines.transposed([1, 0]) * network.logitScales.text, try fixture.tensor("logits_per_text"), absolute: 2e-4)
    }
}
