import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import AudioEmbeddings

/// A whole folder of a model with feature fusion: settings, weights and tokenizer.
@Suite struct CLAPFolderTests {
    static let sets = Fixture.all(in: "clap_folder")

    private func encoder(_ fixture: Fixture) throws -> CLAPEncoder {
        try CLAPEncoder(HuggingFaceFolder(path: fixture.folder.path))
    }

    private static func texts(_ fixture: Fixture) throws -> [(text: String, ids: [Int])] {
        try #require(fixture.io["texts"].array).map { ($0["text"].string ?? "", $0["ids"].ints ?? []) }
    }

    @Test(arguments: sets)
    func tokensMatch(_ fixture: Fixture) throws {
        let folder = try HuggingFaceFolder(path: fixture.folder.path)
        let tokenizer = try #require(try ByteLevelBPE(folder))
        let stored = try ByteLevelBPE(settings: JSONValue(parsing: tokenizer.settings.text), path: "stored")
        for (text, ids) in try Self.texts(fixture) {
            #expect([0] + tokenizer.encode(text) + [2] == ids, "\(text.debugDescription)")
            #expect(stored.encode(text) == tokenizer.encode(text))
        }
    }

    /// The older pair of files says the same as `tokenizer.json`.
    @Test(arguments: sets)
    func vocabularyAndMergesServe(_ fixture: Fixture) throws {
        let scratch = try Scratch(copyOf: fixture.folder)
        try FileManager.default.removeItem(atPath: scratch.path + "/tokenizer.json")
        let tokenizer = try #require(try ByteLevelBPE(HuggingFaceFolder(path: scratch.path)))
        for (text, ids) in try Self.texts(fixture) { #expect([0] + tokenizer.encode(text) + [2] == ids) }
        try FileManager.default.removeItem(atPath: scratch.path + "/merges.txt")
        #expect(try ByteLevelBPE(HuggingFaceFolder(path: scratch.path)) == nil)
        let mute = try CLAPEncoder(HuggingFaceFolder(path: scratch.path))
        #expect(throws: EncoderError.noTextSide(encoder: mute.name)) { try mute.embedding(ofText: "a") }
    }

    @Test(arguments: sets)
    func embeddingsMatch(_ fixture: Fixture) throws {
        let encoder = try encoder(fixture)
        #expect(encoder.features.isFused && encoder.sampleRate == 48_000)
        let wave = try fixture.floats("wav")
        expectClose(try encoder.features(wave), try fixture.floats("features"), absolute: 5e-4)
        let expected = try fixture.tensor("audio_embeds")
        for (index, signal) in [wave, Array(wave[..<17_000])].enumerated() {
            let embedding = try encoder.embeddings(ofSignal: signal)
            expectClose(embedding, expected.sliced(axis: 0, index..<index + 1), absolute: 1e-5, "recording \(index)")
        }
        let texts = try fixture.tensor("text_embeds")
        for (index, entry) in try Self.texts(fixture).enumerated() {
            let row = texts.sliced(axis: 0, index..<index + 1)
            expectClose(try encoder.embedding(ofText: entry.text), row.values, absolute: 1e-5, "text \(index)")
        }
        // Longer than the model has positions.
        #expect(try encoder.tokens(of: String(repeating: "piano ", count: 500)).count == 64)
    }

    /// CASES C50: a long recording is never cut at random.
    @Test(arguments: sets)
    func longRecordingsAreCutByRule(_ fixture: Fixture) throws {
        let encoder = try encoder(fixture), length = encoder.features.windowLength
        var rng = Philox(seed: 1)
        let signal = Tensor.gaussian([2 * length + 1000], using: &rng).values.map { $0 * 0.1 }
        let all = try encoder.embeddings(ofSignal: signal)
        #expect(all.shape == [3, encoder.dimension])
        for (row, start) in [0, length, length + 1000].enumerated() {
            let alone = try encoder.embeddings(ofSignal: Array(signal[start..<start + length]))
            #expect(alone == all.sliced(axis: 0, row..<row + 1))
        }
        let summary = encoder.summary(of: try .init(all))
        #expect(abs(summary.reduce(0) { $0 + $1 * $1 } - 1) < 1e-12)
        let before = ComputeThreads.count
        defer { ComputeThreads.count = before }
        ComputeThreads.count = 1
        #expect(try encoder.embeddings(ofSignal: signal) == all)
        #expect(encoder.cutting.contains("10 s"))
    }

    @Test(arguments: sets)
    func installedModelIsTheFolder(_ fixture: Fixture) throws {
        let scratch = try Scratch()
        let store = ModelStore(executable: scratch.path + "/bin/audiotool", environment: ["AUDIOTOOL_MODELS": scratch.path])
        let folder = try HuggingFaceFolder(path: fixture.folder.path)
        let file = try store.install(clap: folder, as: "tiny-clap", licence: "CC0-1.0")
        #expect(file.licence == "CC0-1.0" && file.sampleRate == 48_000 && file.kind == "audio-text-encoder")
        let installed = try #require(try EncoderLibrary.encoder("tiny-clap", in: store) as? CLAPEncoder)
        let direct = try encoder(fixture), wave = try fixture.floats("wav")
        #expect(try installed.embeddings(ofSignal: wave) == direct.embeddings(ofSignal: wave))
        #expect(try installed.embedding(ofText: "über 4/4") == direct.embedding(ofText: "über 4/4"))
        #expect(try EncoderLibrary.textEncoder(nil, in: store).name == "tiny-clap")
        #expect(throws: EncoderError.noTextSide(encoder: "spectral")) { try EncoderLibrary.textEncoder("spectral", in: store) }
        #expect(throws: EncoderError.unknown(name: "clapp", known: ["spectral", "tiny-clap"])) {
            try EncoderLibrary.encoder("clapp", in: store)
        }
    }

    /// Settings and files that nobody has vouched for are refused by name.
    @Test(arguments: sets)
    func unsoundFoldersAreRefused(_ fixture: Fixture) throws {
        func refused(_ file: String, _ old: String, _ new: String, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let scratch = try Scratch(copyOf: fixture.folder)
            let path = scratch.path + "/" + file
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.contains(old), "\(old)", sourceLocation: sourceLocation)
            try text.replacingOccurrences(of: old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
            do {
                _ = try CLAPEncoder(HuggingFaceFolder(path: scratch.path))
                Issue.record("It was read.", sourceLocation: sourceLocation)
            } catch {
                #expect(error.localizedDescription.contains(words), "\(error.localizedDescription)", sourceLocation: sourceLocation)
            }
        }
        try refused("config.json", "\"model_type\": \"clap\"", "\"model_type\": \"t5\"", "t5")
        try refused("config.json", "\"vocab_size\": 461", "\"vocab_size\": 999999", "parameters")
        try refused("config.json", "\"vocab_size\": 461", "\"vocab_size\": 300", "300 tokens")
        try refused("config.json", "\"patch_embeds_hidden_size\": 8", "\"patch_embeds_hidden_size\": 0", "patch_embeds_hidden_size")
        try refused("config.json", "\"patch_embeds_hidden_size\": 8", "\"patch_embeds_hidden_size\": 12", "instead of")
        try refused("config.json", "\"window_size\": 8", "\"window_size\": 7", "windows of 7")
        try refused("config.json", "\"spec_size\": 256", "\"spec_size\": 128", "frames")
        try refused("config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"", "mish")
        try refused("preprocessor_config.json", "\"sampling_rate\": 48000", "\"sampling_rate\": 0", "sampling_rate")
        try refused("preprocessor_config.json", "\"frequency_max\": 14000", "\"frequency_max\": 90000", "range")
        try refused("preprocessor_config.json", "\"repeatpad\"", "\"magic\"", "magic")
        try refused("tokenizer.json", "\"type\": \"BPE\"", "\"type\": \"Unigram\"", "byte-pair")
        try refused("tokenizer.json", "\"normalizer\": null", "\"normalizer\": {\"type\": \"Lowercase\"}", "changes texts")
    }
}

/// A folder that goes with the value.
final class Scratch {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("audiotool-embeddings-\(UUID().uuidString)").path

    init(copyOf folder: URL? = nil) throws {
        if let folder {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                try Data(contentsOf: folder.appendingPathComponent(name)).write(to: URL(fileURLWithPath: path + "/" + name))
            }
        } else {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
