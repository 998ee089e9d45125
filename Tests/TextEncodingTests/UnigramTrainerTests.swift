import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TextEncoding

@Suite struct UnigramTrainerTests {
    private static let texts = [
        "A slow waltz for solo piano", "a fast waltz for violin", "slow and slower", "the slowest waltzes of all", "piano, 120 bpm",
        "violin, 84 bpm", "Pianos and violins", "waltzing slowly",
    ]

    private func tokenizer(_ texts: [String] = texts, size: Int = 128) throws -> (UnigramTokenizer, [String]) {
        let bytes = try UnigramTrainer(vocabularySize: size).train(on: texts)
        let vocabulary = try JSONValue(parsing: bytes)["model"]["vocab"].array ?? []
        return (try UnigramTokenizer(json: bytes, path: "trained"), vocabulary.map { $0[0].string ?? "" })
    }

    @Test func wordsThatAreFrequentAreWhole() throws {
        let (tokenizer, pieces) = try tokenizer()
        #expect(pieces.count == 128 && pieces.prefix(3) == ["<pad>", "</s>", "<unk>"] && tokenizer.vocabularySize == 128)
        #expect(Set(pieces).count == pieces.count)
        func cut(_ text: String) -> [String] { tokenizer.encode(text).map { pieces[$0] } }
        #expect(cut("slow waltz") == ["▁slow", "▁waltz", "</s>"])
        // Case, accents, wide forms and white space say nothing.
        #expect(cut(" SLÓW\t\nｗａｌｔｚ ") == cut("slow waltz"))
        // Digits stand alone, also where a number was seen whole.
        #expect(cut("120") == ["▁", "1", "2", "0", "</s>"])
        // What was never seen comes apart into what was, and at worst into characters.
        #expect(cut("zyx-q!").joined() == "▁zyx-q!</s>" && !cut("zyx-q!").contains("<unk>"))
        #expect(cut("中文") == ["▁", "<unk>", "</s>"] && tokenizer.encode("") == [tokenizer.endID])
    }

    @Test func equalTextsGiveEqualBytes() throws {
        let trainer = UnigramTrainer(vocabularySize: 130)
        let bytes = try trainer.train(on: Self.texts)
        #expect(try bytes == trainer.train(on: Self.texts.reversed()))
        // Fewer pieces than are wanted are left where texts have no more.
        let few = try tokenizer(["one two", "one two"], size: 4000).1
        #expect(few.count < 200 && few.contains("▁one") && few.contains("▁two"))
    }

    @Test func charactersThatDoNotFit() throws {
        let many = String(String.UnicodeScalarView((0x4E00..<0x4E80).map { Unicode.Scalar($0)! }))
        #expect(throws: TextEncodingError.self) { try UnigramTrainer(vocabularySize: 128).train(on: [many]) }
        #expect(try tokenizer([many], size: 256).0.encode("丁").count == 3)
        #expect(try tokenizer([]).0.encode("abc").count == 5)
    }

    /// Expectation maximisation does not make the texts less probable, and its probabilities sum to 1.
    @Test func fitsProbabilities() throws {
        var model = try PieceModel(words: UnigramTrainer.words(of: Self.texts), longest: 6, wanted: 10_000)
        for _ in 0..<4 { model.fit(rounds: 1) }
        // e^ψ lies below the counts: the sum is below 1, and near it where counts are large.
        let sum = model.pieces.reduce(0) { $0 + exp($1.score) }
        #expect(sum > 0.2 && sum < 1)
        #expect(abs(PieceModel.digamma(1) + 0.577_215_664_901_532_9) < 1e-10)
        #expect(abs(PieceModel.digamma(0.5) + 1.963_510_026_021_423_5) < 1e-10)
        let expected = model.pieces.reduce(0) { $0 + $1.count * Double($1.text.count) }
        let characters = UnigramTrainer.words(of: Self.texts).reduce(0) { $0 + Double($1.characters.count) * $1.count }
        #expect(abs(expected - characters) < 1e-6 * characters)
    }

    @Test func piecesComeApartAtRandom() throws {
        let (tokenizer, pieces) = try tokenizer()
        var rng = Philox(seed: 2), lengths: Set<Int> = []
        for _ in 0..<200 {
            let ids = tokenizer.encode("slow waltz for violin", dropout: 0.3, using: &rng)
            #expect(ids.dropLast().map { pieces[$0] }.joined() == "▁slow▁waltz▁for▁violin")
            lengths.insert(ids.count)
        }
        #expect(lengths.count > 3)
        let plain = tokenizer.encode("slow waltz")
        #expect(tokenizer.encode("slow waltz", dropout: 0, using: &rng) == plain)
        #expect(tokenizer.encode("slow", dropout: 1, using: &rng).count == 6)
    }
}
