import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TextEncoding

@Suite struct TokenizerTests {
    struct Files: Sendable, CustomStringConvertible {
        let folder: URL
        var description: String { folder.path }

        static let all: [Files] = {
            let found = Fixture.referenceFolders.map { Files(folder: $0.appendingPathComponent("music")) }
                .filter { FileManager.default.fileExists(atPath: $0.path("tokenizer/cases.json")) }
            precondition(!found.isEmpty, "There are no cases for the tokeniser.")
            return found
        }()

        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

        func tokenizers() throws -> [(String, UnigramTokenizer)] {
            let (model, json) = ("tiny-musicgen/spiece.model", "tiny-musicgen/tokenizer.json")
            return [
                (model, try UnigramTokenizer(sentencePiece: bytes(model), path: model)),
                (json, try UnigramTokenizer(json: bytes(json), path: json)),
            ]
        }
    }

    @Test(arguments: Files.all) func idsAreThoseOfSentencePiece(_ files: Files) throws {
        let cases = try JSONValue(parsing: files.bytes("tokenizer/cases.json"))
        let entries = try #require(cases["cases"].array)
        #expect(entries.count == cases["n"].int)
        for (name, tokenizer) in try files.tokenizers() {
            for entry in entries {
                let text = try #require(entry["text"].string)
                // Where two libraries differ, special tokens were parsed: a prompt never does.
                let ids = entry["same"].bool == true ? entry["ids"].ints : entry["spm_ids"].ints
                #expect(tokenizer.encode(text) == ids, "\(text.debugDescription) by \(name)")
            }
            for (text, row) in zip(cases["batch"]["texts"].strings ?? [], cases["batch"]["input_ids"].array ?? []) {
                let ids = tokenizer.encode(text), expected = try #require(row.ints)
                #expect(ids + [Int](repeating: 0, count: expected.count - ids.count) == expected)
            }
        }
    }

    /// Texts of random characters, some of them awkward: the two forms of file agree, and nothing traps.
    @Test(arguments: Files.all) func formsAgree(_ files: Files) throws {
        let tokenizers = try files.tokenizers().map(\.1)
        let alphabet: [Unicode.Scalar] = Array("aeinost pcb  ▁é<>/_0９ﬁ".unicodeScalars) + ["\u{0}", "\u{301}", "\u{200B}", "\u{1F3B9}", "\u{FFFD}", "\u{4E2D}", "\u{7F}"]
        var rng = Philox(seed: 3)
        for length in [1, 5, 40, 400, 4000] {
            for _ in 0..<20 {
                var text = ""
                for _ in 0..<length { text.unicodeScalars.append(alphabet[rng.nextInt(below: alphabet.count)]) }
                let ids = tokenizers.map { $0.encode(text) }
                #expect(ids[0] == ids[1] && ids[0].last == tokenizers[0].endID)
            }
        }
    }

    /// The best path is the best of all paths.
    @Test func viterbiFindsTheMostProbablePieces() throws {
        let pieces = [("▁", -3.0), ("a", -2), ("b", -2.5), ("ab", -3), ("ba", -4), ("▁a", -4.2), ("aba", -5.1), ("bab", -5.3)]
        let tokenizer = UnigramTokenizer(
            pieces: [.init(text: "<unk>", score: 0, isText: false), .init(text: "</s>", score: 0, isText: false)]
                + pieces.map { .init(text: $0.0, score: Float($0.1)) },
            unknownID: 0, endID: 1, map: CharacterMap())
        func best(_ text: Substring) -> Double {
            if text.isEmpty { return 0 }
            return pieces.filter { text.hasPrefix($0.0) }.map { $0.1 + best(text.dropFirst($0.0.count)) }.max() ?? -.infinity
        }
        var rng = Philox(seed: 8)
        for length in 1..<12 {
            let word = String((0..<length).map { _ in rng.nextInt(below: 2) == 0 ? "a" : "b" })
            let ids = tokenizer.encode(word).dropLast()
            #expect(ids.map { pieces[$0 - 2].0 }.joined() == "▁" + word)
            #expect(abs(ids.reduce(0) { $0 + pieces[$1 - 2].1 } - best(Substring("▁" + word))) < 1e-5)
        }
    }

    @Test(arguments: Files.all) func damagedFilesAreRefused(_ files: Files) throws {
        let model = try files.bytes("tiny-musicgen/spiece.model"), json = try files.bytes("tiny-musicgen/tokenizer.json")
        var rng = Philox(seed: 5)
        for _ in 0..<60 {
            var cut = Array(model.prefix(rng.nextInt(below: model.count)))
            _ = try? UnigramTokenizer(sentencePiece: cut, path: "x").encode("piano")
            cut = model
            for _ in 0..<8 { cut[rng.nextInt(below: cut.count)] = UInt8(rng.nextInt(below: 256)) }
            _ = try? UnigramTokenizer(sentencePiece: cut, path: "x").encode("piano é ﬁ")
        }
        #expect(throws: TextEncodingError.self) { try UnigramTokenizer(sentencePiece: [1, 2, 3], path: "x") }
        #expect(throws: TextEncodingError.self) { try UnigramTokenizer(sentencePiece: [], path: "x") }
        #expect(throws: TextEncodingError.self) { try UnigramTokenizer(json: Array(json.dropLast(40)), path: "x") }
        #expect(throws: TextEncodingError.self) { try UnigramTokenizer(json: Array("{}".utf8), path: "x") }
    }

    /// 32,000 pieces are read and 10,000 words cut in less than a second each.
    @Test func largeVocabularies() throws {
        var rng = Philox(seed: 1)
        var entries = [#"["<pad>",0.0],["</s>",0.0],["<unk>",0.0]"#], words: [String] = []
        for index in 0..<32_000 {
            let word = "▁" + String((0..<(3 + rng.nextInt(below: 6))).map { _ in Character(Unicode.Scalar(UInt8(97 + rng.nextInt(below: 26)))) })
            words.append(String(word.dropFirst()))
            entries.append("[\"\(word)\\u00e9\(index)\",\(-3 - Double(index) / 4000)]")
        }
        let text = #"{"normalizer":null,"model":{"type":"Unigram","unk_id":2,"vocab":["# + entries.joined(separator: ",\n      ") + "]}}"
        let clock = ContinuousClock()
        var tokenizer: UnigramTokenizer?
        let reading = try clock.measure { tokenizer = try UnigramTokenizer(json: Array(text.utf8), path: "large") }
        let cutting = clock.measure { _ = tokenizer?.encode(words.prefix(10_000).joined(separator: " ")) }
        print("32,000 pieces read in \(reading), 10,000 words cut in \(cutting)")
        #expect(reading < .seconds(1) && cutting < .seconds(1))
    }
}
