import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL
@testable import TextEncoding

/// A whole Hugging Face folder, imported and run from text to sound.
@Suite struct MusicModelTests {
    private static let sets = Fixture.music("tiny-musicgen")

    /// A model store that goes away with the test.
    final class Shelf {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("music-models-\(UUID().uuidString)").path
        var store: ModelStore { ModelStore(executable: path + "/none", environment: ["AUDIOTOOL_MODELS": path + "/store"]) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// A copy of a folder that can be spoilt.
        func copy(_ folder: URL) throws -> URL {
            let copy = URL(fileURLWithPath: path).appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
            for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            where !file.hasDirectoryPath {
                try Data(contentsOf: file).write(to: copy.appendingPathComponent(file.lastPathComponent))
            }
            return copy
        }
    }

    private func install(_ path: String, as name: String, on shelf: Shelf) throws -> ModelFile {
        try shelf.store.install(musicGen: HuggingFaceFolder(path: path), as: name)
    }

    /// Codes are exact, waveforms within 2e-6, in a batch and alone; guided logits within 2e-5 of the largest.
    @Test(arguments: sets) func fromTextToSound(_ fixture: Fixture) throws {
        let shelf = Shelf(), file = try install(fixture.folder.path, as: "tiny", on: shelf)
        let model = try MusicModel(file), generator = try MusicGenerator(model: model)
        #expect(generator.precision == .float32 && model.window == .init(length: 1500, stride: 900))
        #expect(file.licence.contains("not for commercial use"))
        let prompts = try #require(fixture.io["prompts"].strings)
        for (guidance, name) in [(3.0, "g3"), (1, "g1")] {
            let codes = try fixture.tokens("codes_" + name), waves = try fixture.tensor("wav_" + name)
            var settings = SamplingSettings.greedy
            settings.guidance = guidance
            let weights = try model.decoderWeights(.float32)
            let texts = try prompts.map { TextCondition(try #require(try model.text.states($0)), for: weights) }
            let together = try TokenGenerator(
                weights, texts: texts, seeds: [1, 2], settings: settings, window: model.window, frames: codes[0][0].count
            ).generate()
            #expect(together == codes, "\(name)")
            for (item, prompt) in prompts.enumerated() {
                let seconds = Double(codes[item][0].count) / model.frameRate
                let sound = try generator.generate(MusicRequest(prompt: prompt, seconds: seconds, seeds: [3], sampling: settings))[0]
                let wave = waves.sliced(axis: 0, item..<item + 1).values
                expectClose(sound.channels[0], wave, absolute: 2e-6, "\(name), prompt \(item)")
            }
        }
        try expectFirstScores(fixture, model)
    }

    private func expectFirstScores(_ fixture: Fixture, _ model: MusicModel) throws {
        let expected = try fixture.tensor("first_scores_g3"), weights = try model.decoderWeights(.float32)
        let texts = try #require(fixture.io["prompts"].strings).map {
            TextCondition(try #require(try model.text.states($0)), for: weights)
        }
        let decoder = IncrementalDecoder(weights, conditions: texts + [nil, nil], capacity: expected.shape[0])
        let tokens = try fixture.tokens("codes_g3").map { weights.configuration.pattern.delayed($0) }
        let peak = Double(expected.values.reduce(0) { max($0, abs($1)) })
        for step in 0..<expected.shape[0] {
            let rows = tokens.map { clip in [clip.map { $0[step] }] }
            try decoder.advance(rows + rows)
            let own = (0..<2).flatMap { clip in
                zip(decoder.scores(clip), decoder.scores(clip + 2)).map { TokenGenerator.guided($0, $1, 3) }
            }
            expectClose(own, expected.sliced(axis: 0, step..<step + 1).values, absolute: 2e-5 * peak, "step \(step)")
        }
    }

    /// One file and shards with the old names of normalised weights make the same music.
    @Test(arguments: sets) func layoutsAreEqual(_ fixture: Fixture) throws {
        let shelf = Shelf(), folder = try shelf.copy(fixture.folder.appendingPathComponent("sharded"))
        for name in ["tokenizer.json"] {
            try Data(contentsOf: fixture.folder.appendingPathComponent(name)).write(to: folder.appendingPathComponent(name))
        }
        let (whole, shards) = try (
            install(fixture.folder.path, as: "whole", on: shelf), install(folder.path, as: "shards", on: shelf)
        )
        for name in whole.file.names where shards.file.contains(name) { #expect(try whole.file.tensor(name) == shards.file.tensor(name)) }
        let request = MusicRequest(prompt: "piano and rain", seconds: 0.3, seeds: [4, 5])
        let sounds = try [whole, shards].map { try MusicGenerator(model: MusicModel($0)).generate(request) }
        #expect(sounds[0] == sounds[1] && sounds[0][0] != sounds[0][1] && sounds[0][0].frameCount == 9600)
    }

    /// What is missing or foreign is named, and nothing is installed.
    @Test func spoiltFolders() throws {
        let original = Self.sets[0].folder
        func refuse(_ words: String, _ spoil: (URL) throws -> Void) throws {
            let shelf = Shelf(), folder = try shelf.copy(original)
            try spoil(folder)
            do {
                _ = try install(folder.path, as: "spoilt", on: shelf)
                Issue.record("\(words): it was installed")
            } catch {
                #expect(error.localizedDescription.contains(words), "\(error.localizedDescription)")
            }
            #expect(shelf.store.entries().isEmpty)
        }
        func change(_ folder: URL, _ old: String, _ new: String) throws {
            let url = folder.appendingPathComponent("config.json"), text = try String(contentsOf: url, encoding: .utf8)
            try #require(text.contains(old))
            try text.replacingOccurrences(of: old, with: new).write(to: url, atomically: true, encoding: .utf8)
        }
        func rewrite(_ folder: URL, keeping isKept: (String) -> Bool) throws {
            let path = folder.appendingPathComponent("model.safetensors").path, file = try SafeTensorsFile(path: path)
            let tensors = try file.names.filter(isKept).map { ($0, try file.tensor($0)) }
            try SafeTensorsFile.write(tensors, to: path)
        }
        try refuse("tokeniser") { folder in
            for name in ["spiece.model", "tokenizer.json"] { try FileManager.default.removeItem(at: folder.appendingPathComponent(name)) }
        }
        try refuse("vocab_size") { try change($0, #""vocab_size": 520"#, #""vocab_size": 2"#) }
        try refuse("shared.weight") { try change($0, #""vocab_size": 520"#, #""vocab_size": 600"#) }
        try refuse("fc1.weight is [96, 48] instead of [100, 48]") { try change($0, #""ffn_dim": 96"#, #""ffn_dim": 100"#) }
        try refuse("has no codec") { try rewrite($0) { !$0.hasPrefix("audio_encoder.") } }
        try refuse("has no text encoder") { try rewrite($0) { !$0.hasPrefix("text_encoder.") } }
        try refuse("layers.1.fc1.weight") { try rewrite($0) { !$0.hasSuffix("layers.1.fc1.weight") } }
        try refuse("projection of the text") { try rewrite($0) { !$0.hasPrefix("enc_to_dec_proj.") } }
        try refuse("pad_token_id") { try change($0, #""pad_token_id": 64"#, #""pad_token_id": 63"#) }
        try refuse("heads cannot share") { try change($0, #""num_attention_heads": 4"#, #""num_attention_heads": 5"#) }
        try refuse("feed_forward_proj") { try change($0, #""feed_forward_proj": "relu""#, #""feed_forward_proj": "silu""#) }
        // A tokeniser with more pieces than the text encoder knows.
        try refuse("has 420 pieces and the text encoder only 400") { folder in
            try change(folder, #""vocab_size": 520"#, #""vocab_size": 400"#)
            let path = folder.appendingPathComponent("model.safetensors").path, file = try SafeTensorsFile(path: path)
            let tensors = try file.names.map { name in
                let tensor = try file.tensor(name)
                return (name, name.hasSuffix("shared.weight") ? tensor.sliced(axis: 0, 0..<400) : tensor)
            }
            try SafeTensorsFile.write(tensors, to: path)
        }
    }

    /// The model's card names the licence.
    @Test func licences() throws {
        for (card, licence) in [
            ("---\nlicense: cc-by-nc-4.0\ntags:\n- x\n---\n# A", "cc-by-nc-4.0: not for commercial use"),
            ("---\nlicense: apache-2.0\n---\n", "apache-2.0"), ("# no front matter\nlicense: mit", "not stated; "),
        ] {
            let shelf = Shelf(), folder = try shelf.copy(Self.sets[0].folder)
            try card.write(to: folder.appendingPathComponent("README.md"), atomically: true, encoding: .utf8)
            #expect(try install(folder.path, as: "carded", on: shelf).licence.hasPrefix(licence))
        }
    }

    /// A model's codec is told apart by what it is, whatever becomes of the decoder.
    @Test func hashOfTheCodec() throws {
        let shelf = Shelf(), file = try install(Self.sets[0].folder.path, as: "tiny", on: shelf)
        func changed(_ prefix: String) throws -> ModelFile {
            let first = try #require(file.file.names.first { $0.hasPrefix(prefix) }), path = shelf.path + "/\(prefix)safetensors"
            let tensors = try file.file.names.filter { !file.attachedFiles.contains($0) }.map { name in
                (name, try file.file.tensor(name) + (name == first ? 1 : 0))
            }
            try SafeTensorsFile.write(
                tensors, files: try file.attachedFiles.map { ($0, try file.file.bytes($0)) }, metadata: file.file.metadata, to: path)
            return try ModelFile(path: path)
        }
        let other = try changed("decoder.")
        #expect(try other.codecHash() == file.codecHash() && other.contentHash() != file.contentHash())
        #expect(try changed("audio_encoder.").codecHash() != file.codecHash())
    }

    @Test func textEncoderAlone() throws {
        let shelf = Shelf(), fixture = Fixture.music("t5_gated_gelu")[0]
        let folder = try shelf.copy(fixture.folder)
        // The set has no tokeniser; one with few pieces is made out of the other set's.
        let tokenizer = #"{"model":{"type":"Unigram","unk_id":2,"vocab":[["<pad>",0],["</s>",0],["<unk>",0],["▁piano",-1]]}}"#
        try tokenizer.write(to: folder.appendingPathComponent("tokenizer.json"), atomically: true, encoding: .utf8)
        let file = try shelf.store.install(t5: HuggingFaceFolder(path: folder.path), as: "t5")
        let states = try #require(try TextConditioner(file).states("piano"))
        #expect(states.states.shape == [2, 32])
        // Copies and parameter counts leave the attached tokeniser alone.
        let copy = try shelf.store.install(copyOf: file, as: "copy")
        #expect(try TextConditioner(copy).states("piano")?.states == states.states)
        #expect(try copy.parameterCount == file.parameterCount && copy.contentHash() == file.contentHash())
        #expect(throws: ModelError.self) { try MusicModel(file) }
    }

    @Test func requestsThatCannotBe() throws {
        let shelf = Shelf(), generator = try MusicGenerator(model: MusicModel(install(Self.sets[0].folder.path, as: "tiny", on: shelf)))
        for seconds in [0, -5, .nan, .infinity, 1e9] {
            #expect(throws: MusicGenerationError.self) { try generator.generate(MusicRequest(prompt: "x", seconds: seconds, seeds: [1])) }
        }
        #expect(throws: MusicGenerationError.self) { try generator.generate(MusicRequest(prompt: "x", seconds: 1, seeds: [])) }
        let long = [String](repeating: "word", count: 10_000).joined(separator: " ")
        #expect(throws: MusicGenerationError.self) { try generator.generate(MusicRequest(prompt: long, seconds: 1, seeds: [1])) }
        let empty = AudioBuffer(channels: [[]], sampleRate: 8000)
        #expect(throws: MusicGenerationError.self) {
            try generator.generate(MusicRequest(prompt: "x", seconds: 1, seeds: [1], start: empty))
        }
        // No words are no text, whatever the blanks.
        func sound(_ prompt: String) throws -> [AudioBuffer] {
            try generator.generate(MusicRequest(prompt: prompt, seconds: 0.2, seeds: [1]))
        }
        #expect(try sound("") == sound(" \n\u{3000}") && sound("") != sound("piano"))
        #expect(try sound("медленный вальс 🎹 慢华尔兹")[0].channels[0].allSatisfy { $0.isFinite })
    }

    /// Many clips are made in groups that memory allows; their number changes nothing.
    @Test func groups() throws {
        let shelf = Shelf(), model = try MusicModel(install(Self.sets[0].folder.path, as: "tiny", on: shelf))
        var generator = try MusicGenerator(model: model)
        let request = MusicRequest(prompt: "bells", seconds: 0.2, seeds: [1, 2, 3, 4, 5])
        let together = try generator.generate(request)
        generator.cacheLimit = 100_000
        var dones: [Double] = [], groups = 0, last = -1
        var clips = [[Float]](repeating: [], count: 5)
        try generator.generate(request, onProgress: { dones.append($0.done) }, into: { clip, sound in
            if clip > last { (last, groups) = (clip, groups + 1) }
            clips[clip] += sound.channels[0]
        })
        #expect(clips == together.map { $0.channels[0] } && groups > 1)
        #expect(dones == dones.sorted() && dones.last == 1)
    }

    /// The clip begins with the recording as the codec renders it, at any rate and number of channels.
    @Test func continuations() throws {
        let shelf = Shelf(), model = try MusicModel(install(Self.sets[0].folder.path, as: "tiny", on: shelf))
        let generator = try MusicGenerator(model: model)
        var rng = Philox(seed: 9)
        let noise = (Tensor.gaussian([32_000], using: &rng) * 0.1).values
        let start = AudioBuffer(channels: [noise], sampleRate: 32_000)
        let request = MusicRequest(prompt: "more", seconds: 0.5, seeds: [1, 2], start: start)
        let clips = try generator.generate(request)
        let rendered = try model.codec.decode(model.codec.encode([noise]))[0]
        #expect(clips.map(\.frameCount) == [48_000, 48_000])
        // The decoder looks ahead: the last frames of the recording hear what follows.
        for clip in clips { expectClose(Array(clip.channels[0].prefix(28_000)), Array(rendered.prefix(28_000)), absolute: 1e-5) }
        #expect(clips[0].channels[0].suffix(15_000) != clips[1].channels[0].suffix(15_000))
        let stereo = AudioBuffer(channels: [noise, noise], sampleRate: 32_000)
        #expect(try generator.generate(MusicRequest(prompt: "more", seconds: 0.5, seeds: [1], start: stereo))[0] == clips[0])
        let other = AudioBuffer(channels: [noise], sampleRate: 44_100)
        #expect(try generator.generate(MusicRequest(prompt: "more", seconds: 0.1, seeds: [1], start: other))[0].frameCount > 25_000)
    }
}
