import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// Music with the models that ship.
@Suite struct DefaultMusicTests {
    private let folder: Scratch

    init() throws { folder = try Scratch() }

    private func run(_ arguments: String...) throws -> Tool.Outcome { try Tool.run(arguments, in: folder) }

    /// What is made fits its own description better than another one.
    @Test func soundsAsDescribed() throws {
        let prompts = ["a fast reel for solo banjo", "a slow air for string ensemble, softly", "a loud jig on a church organ"]
        for (index, prompt) in prompts.enumerated() {
            let made = try run("generate", prompt, "-o", "\(index).wav", "--seed", "\(index + 1)")
            #expect(made.code == 0, "\(made.errors)")
        }
        let sound = try folder.read("0.wav")
        #expect(sound.sampleRate == 24_000 && sound.frameCount == 240_000 && sound.channels.count == 1)
        let texts = prompts.flatMap { ["--text", $0] }
        let embedded = try Tool.run(["embed", "0.wav", "1.wav", "2.wav"] + texts + ["-o", "table.json"], in: folder)
        #expect(embedded.code == 0, "\(embedded.errors)")
        let items = try #require(JSONValue(parsing: String(decoding: folder.bytes("table.json"), as: UTF8.self))["items"].array)
        let rows = items.map { $0["embedding"].array!.map { $0.double! } }
        for clip in 0..<3 {
            let scores = (0..<3).map { text in zip(rows[clip], rows[3 + text]).reduce(0) { $0 + $1.0 * $1.1 } }
            #expect(scores.indices.allSatisfy { $0 == clip || scores[$0] < scores[clip] }, "\(prompts[clip]): \(scores)")
        }
    }

    /// The tempo that a prompt names is the clip's, within a tenth or at half or double time, beyond the model's window too.
    @Test func keepsTheBeat() throws {
        let prompts = ["a reel for solo violin, 96 bpm", "a waltz on the piano, 132 bpm", "lively polka on a banjo, tempo 120"]
        var right = 0
        for (index, prompt) in prompts.enumerated() {
            let made = try run("generate", prompt, "-o", "\(index).wav", "--seed", "\(index + 1)", "--duration", index == 0 ? "22" : "10")
            #expect(made.code == 0, "\(made.errors)")
            let tempo = prompt.split(separator: " ").compactMap { Int($0) }[0]
            let scored = try run("score", "\(index).wav", "--reward", "tempo", "--prompt", "\(tempo) bpm", "--json", "--no-cache")
            let reward = try JSONValue(parsing: scored.text)["clips"][0]["rewards"]["tempo"].double
            if let reward, reward > -0.14 { right += 1 }
        }
        #expect(right >= 2)
    }

    /// The model's codec is the default one: what was made goes through it and sounds alike.
    @Test func codesOfTheDefaultCodec() throws {
        let rate = 24_000
        let sound = (0..<2 * rate).map { 0.2 * sinf(2 * .pi * 440 * Float($0) / Float(rate)) }
        try folder.write(sound, rate: rate, to: "a.wav")
        let encoded = try run("tokens", "encode", "a.wav", "-o", "codes.safetensors", "--json")
        #expect(encoded.code == 0, "\(encoded.errors)")
        let report = try JSONValue(parsing: encoded.text)
        #expect(report["codebooks"].int == 4 && report["bitsPerSecond"].double == 2000 && report["model"].string == "music-24k")
        let decoded = try run("tokens", "decode", "codes.safetensors", "-o", "b.wav")
        #expect(decoded.code == 0, "\(decoded.errors)")
        let again = try folder.read("b.wav").channels[0]
        #expect(again.count == sound.count)
        let level = { (samples: [Float]) in samples[rate / 2..<rate].reduce(0) { $0 + $1 * $1 } }
        #expect(abs(10 * log10(level(again) / level(sound))) < 6)
        let asCodec = try run("tokens", "encode", "a.wav", "-o", "c.safetensors", "--model", "music-24k")
        #expect(asCodec.code == 0, "\(asCodec.errors)")
        #expect(try folder.bytes("c.safetensors") == folder.bytes("codes.safetensors"))
    }

    /// Other wordings of what is known, the same ones each time.
    @Test func captionsInOtherWords() throws {
        try folder.write([Float](repeating: 0.1, count: 100), to: "clip.wav")
        let line = #"{"file": "clip.wav", "caption": "a tune", "instrument": "banjo", "bpm": 96, "accompaniment": null}"#
        try folder.write(Array(line.utf8), to: "clips.jsonl")
        let first = try run("captions", ".", "--count", "8"), again = try run("captions", ".", "--count", "8")
        #expect(first.code == 0 && first.text == again.text, "\(first.errors)")
        let captions = try #require(JSONValue(parsing: first.text)["captions"].array).compactMap(\.string)
        #expect(captions.count == 8 && Set(captions).count > 4)
        #expect(captions.contains { $0.contains("banjo") } && captions.contains { $0.contains("96") })
        expectRefusal(try run("captions", "absent"), saying: "absent")
        #expect(try run("captions", ".", "--count", "0").code == 64)
    }
}
