import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite(.serialized) struct IncrementalDecoderTests {
    private static let fixture = Fixture.music("musicgen")[0]

    private func weights(_ precision: WeightPrecision) throws -> DecoderWeights {
        let fixture = Self.fixture
        return try DecoderWeights(fixture.musicGenConfiguration(), from: fixture.weights, prefix: "decoder.", precision: precision)
    }

    private func codes(
        _ weights: DecoderWeights, texts: [TextCondition?], seeds: [UInt64], start: [[Int32]]? = nil, frames: Int = 30,
        window: TokenGenerator.Window = wideWindow
    ) throws -> [[[Int32]]] {
        try TokenGenerator(
            weights, texts: texts, seeds: seeds, settings: SamplingSettings(topK: 20), window: window, start: start,
            frames: frames
        ).generate()
    }

    /// The same seed gives the same clip alone, beside others, at any place, and for any number of threads.
    @Test(arguments: WeightPrecision.allCases) func neighboursAndThreadsChangeNothing(_ precision: WeightPrecision) throws {
        let threads = ComputeThreads.count
        defer { ComputeThreads.count = threads }
        let weights = try weights(precision), texts = try Self.fixture.conditions(weights)
        let alone = try codes(weights, texts: [texts[0]], seeds: [7])[0]
        #expect(try codes(weights, texts: [texts[1], nil, texts[0]], seeds: [8, 9, 7])[2] == alone)
        #expect(try codes(weights, texts: [texts[0], texts[0]], seeds: [7, 7]) == [alone, alone])
        #expect(try codes(weights, texts: [texts[0]], seeds: [8])[0] != alone)
        for count in [1, 2, 5] {
            ComputeThreads.count = count
            #expect(try codes(weights, texts: [texts[0]], seeds: [7])[0] == alone, "\(count) threads")
        }
    }

    /// Steps taken together or one by one leave the same state, to the last bit.
    @Test(arguments: WeightPrecision.allCases) func stepsAtOnceAreSteps(_ precision: WeightPrecision) throws {
        let weights = try weights(precision), text = try Self.fixture.conditions(weights)[0]
        var rng = Philox(seed: 6)
        let tokens = (0..<75).map { _ in (0..<4).map { _ in Int32(rng.nextInt(below: 65)) } }
        func scores(_ sizes: [Int]) throws -> [Float] {
            let decoder = IncrementalDecoder(weights, conditions: [text], capacity: 75)
            var start = 0
            for size in sizes {
                try decoder.advance([Array(tokens[start..<start + size])])
                start += size
            }
            return Array(decoder.scores(0))
        }
        let single = try scores([Int](repeating: 1, count: 75))
        #expect(try scores([75]) == single && scores([3, 40, 32]) == single)
    }

    /// A guidance of 0 hears no text, and no text needs no guidance.
    @Test func nullCondition() throws {
        let weights = try weights(.float32), texts = try Self.fixture.conditions(weights)
        func draw(_ text: TextCondition?, guidance: Double) throws -> [[Int32]] {
            try TokenGenerator(
                weights, texts: [text], seeds: [3], settings: SamplingSettings(guidance: guidance), window: wideWindow, frames: 12
            ).generate()[0]
        }
        let silent = try draw(nil, guidance: 3)
        #expect(try draw(texts[0], guidance: 0) == silent && draw(texts[1], guidance: 0) == silent && draw(nil, guidance: 1) == silent)
        #expect(try draw(texts[0], guidance: 1) != silent)
        #expect(try draw(texts[0], guidance: 30).joined().allSatisfy { (0..<64).contains($0) })
    }

    /// A clip longer than the window is, stretch by stretch, a continuation of what precedes it.
    @Test func longClipsGoOnFromTheirEnds() throws {
        let weights = try weights(.float32), texts = try Self.fixture.conditions(weights)
        let window = TokenGenerator.Window(length: 20, stride: 12)
        func greedy(start: [[Int32]]?, frames: Int, _ window: TokenGenerator.Window) throws -> [[Int32]] {
            try TokenGenerator(
                weights, texts: [texts[0]], seeds: [0], settings: .greedy, window: window, start: start, frames: frames
            ).generate()[0]
        }
        let long = try greedy(start: nil, frames: 50, window)
        #expect(long[0].count == 50)
        var pieces = try greedy(start: nil, frames: 20, wideWindow)
        while pieces[0].count < 50 {
            let end = pieces.map { Array($0.suffix(8)) }, length = min(20, 8 + 50 - pieces[0].count)
            let next = try greedy(start: end, frames: length, wideWindow)
            for codebook in pieces.indices { pieces[codebook] += next[codebook].dropFirst(8) }
        }
        #expect(long == pieces)
        // What comes first does not depend on how long the clip is to be.
        let (first, all) = try (
            codes(weights, texts: texts, seeds: [1, 2], frames: 20, window: window),
            codes(weights, texts: texts, seeds: [1, 2], frames: 33, window: window)
        )
        #expect(all.map { $0.map { Array($0.prefix(20)) } } == first)
    }

    @Test func damagedWeightsAreNamed() throws {
        let fixture = Self.fixture
        for (name, part) in [
            ("decoder.model.decoder.layers.1.fc2.weight", "layer 1"), ("decoder.lm_heads.2.weight", "scores"),
            ("decoder.model.decoder.embed_tokens.0.weight", "embedding"),
        ] {
            for precision in WeightPrecision.allCases {
                let damaged = DamagedTensors(source: try fixture.weights, damaged: name)
                let weights = try DecoderWeights(
                    fixture.musicGenConfiguration(), from: damaged, prefix: "decoder.", precision: precision)
                do {
                    _ = try TokenGenerator(weights, texts: [nil], seeds: [1], settings: .init(), window: wideWindow, frames: 9).generate()
                    Issue.record("\(name) passed")
                } catch {
                    #expect(error.localizedDescription.contains(part), "\(error.localizedDescription)")
                }
            }
        }
    }

    @Test func missingAndForeignParts() throws {
        let fixture = Self.fixture
        var configuration = try fixture.musicGenConfiguration()
        configuration.codes = 63
        #expect { try DecoderWeights(configuration, from: fixture.weights, prefix: "decoder.", precision: .int8) } throws: {
            $0.localizedDescription.contains("lm_heads.0.weight is [64, 48] instead of [63, 48]")
        }
        let cut = RenamedTensors(try fixture.weights) { $0.contains("layers.2.fc1") ? nil : $0 }
        #expect { try DecoderWeights(fixture.musicGenConfiguration(), from: cut, prefix: "decoder.", precision: .int8) } throws: {
            $0.localizedDescription.contains("layers.2.fc1.weight [96, 48] is missing")
        }
        let weights = try weights(.float32)
        for start: [[Int32]] in [[[1], [2]], [[1], [2], [3], [64]], [[1], [2], [3], [-1]], [[1], [2], [3], []]] {
            #expect(throws: MusicGenerationError.self) {
                try TokenGenerator(weights, texts: [nil], seeds: [1], settings: .init(), window: wideWindow, start: start, frames: 9)
            }
        }
    }
}

/// Another source's tensors, one of them with a number that is none.
private struct DamagedTensors: TensorSource {
    let source: SafeTensorsFile
    let damaged: String

    var path: String { source.path }
    var names: [String] { source.names }
    func contains(_ name: String) -> Bool { source.contains(name) }
    func shape(_ name: String) throws -> [Int] { try source.shape(name) }

    func tensor(_ name: String) throws -> Tensor {
        var tensor = try source.tensor(name)
        // The special token's row of a table is always used.
        if name == damaged { tensor.withUnsafeMutableBuffer { $0[$0.count - 1] = .nan } }
        return tensor
    }
}
