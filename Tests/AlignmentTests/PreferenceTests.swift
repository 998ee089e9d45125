import AudioDSP
import AudioEmbeddings
import Foundation
import NeuralCore
import Testing

@testable import Alignment

/// Hears as the built-in encoder does; "low" is at one end of its space and every other text at the other one.
private struct TestTextEncoder: AudioTextEncoder {
    private let ears = SpectralStatisticsEncoder()
    var name: String { "ears and eyes" }
    var identity: String { "test " + ears.identity }
    var sampleRate: Int { ears.sampleRate }
    var dimension: Int { ears.dimension }
    var cutting: String { ears.cutting }
    func embeddings(ofSignal signal: [Float]) throws -> Tensor { try ears.embeddings(ofSignal: signal) }
    func embedding(ofText text: String) throws -> [Float] {
        [Float](repeating: (text == "low" ? 1 : -1) / Float(dimension).squareRoot(), count: dimension)
    }
}

@Suite struct PreferenceTests {
    private func draw(_ count: Int, _ width: Int, using rng: inout Philox) -> [[Double]] {
        (0..<count).map { _ in (0..<width).map { _ in Double(rng.nextGaussian()) } }
    }

    /// Ridge regression in one dimension has a closed form: Σ x y / (Σ x² + λ) of standardised x and centred y.
    @Test func ratingsAreFitted() throws {
        let scorer = try LinearScorer(ratings: [1, 2, 6], embeddings: [[10], [20], [30]], penalty: 0.5, encoder: "e")
        let deviation = (200.0 / 3).squareRoot(), rows = [-10, 0, 10].map { $0 / deviation }
        expectNear(scorer.weights[0], (rows[0] * -2 + rows[2] * 3) / (3 + 0.5), relative: 1e-9)
        expectNear(scorer([20]), 3)
        // Of noise-free ratings and hardly a penalty, the rule itself comes back.
        var rng = Philox(seed: 1)
        let embeddings = draw(60, 5, using: &rng), rule = [1.0, -2, 0, 3, 0.5]
        let exact = try LinearScorer(
            ratings: embeddings.map { zip($0, rule).reduce(4) { $0 + $1.0 * $1.1 } }, embeddings: embeddings, penalty: 1e-9, encoder: "e")
        let fresh = draw(20, 5, using: &rng)
        for row in fresh { expectNear(exact(row), zip(row, rule).reduce(4) { $0 + $1.0 * $1.1 }, relative: 1e-6, absolute: 1e-6) }
    }

    /// Raters of known taste, a quarter of whose choices are flipped: the taste is found, and held-out pairs are predicted.
    @Test func choicesRevealATaste() throws {
        var rng = Philox(seed: 2)
        let taste = [2.0, -1, 0, 0.5], embeddings = draw(400, 4, using: &rng)
        func value(_ row: [Double]) -> Double { zip(row, taste).reduce(0) { $0 + $1.0 * $1.1 } }
        func choose(_ a: Int, _ b: Int, flips: Double) -> LinearScorer.Choice {
            let first = (value(embeddings[a]) > value(embeddings[b])) != (Double(rng.nextUniform()) < flips)
            return first ? .init(chosen: a, rejected: b) : .init(chosen: b, rejected: a)
        }
        let choices = (0..<1_500).map { _ in choose(rng.nextInt(below: 300), rng.nextInt(below: 300), flips: 0.25) }.filter { $0.chosen != $0.rejected }
        let scorer = try LinearScorer(choices: choices, embeddings: embeddings, penalty: 1, encoder: "e")
        let held = (0..<500).map { _ in choose(300 + rng.nextInt(below: 100), 300 + rng.nextInt(below: 100), flips: 0) }.filter { $0.chosen != $0.rejected }
        let accuracy = try PreferenceAccuracy(chosen: held.map { scorer(embeddings[$0.chosen]) }, rejected: held.map { scorer(embeddings[$0.rejected]) })
        #expect(accuracy.accuracy > 0.93, "\(accuracy)")
        // At the best weights the gradient is zero.
        func loss(_ shift: Double) -> Double {
            let moved = zip(scorer.weights, [shift, 0, 0, 0]).map(+)
            func score(_ row: [Double]) -> Double { row.indices.reduce(0) { $0 + moved[$1] * (row[$1] - scorer.mean[$1]) / scorer.deviation[$1] } }
            return choices.reduce(0.5 * moved.reduce(0) { $0 + $1 * $1 }) {
                $0 - logSigmoid(score(embeddings[$1.chosen]) - score(embeddings[$1.rejected]))
            }
        }
        #expect(abs(loss(1e-4) - loss(-1e-4)) / 2e-4 < 1e-4)
        #expect(try LinearScorer(choices: choices, embeddings: embeddings, penalty: 1, encoder: "e") == scorer)
    }

    @Test func scorersAreKeptInFiles() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("scorer-\(UUID().uuidString).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let encoder = SpectralStatisticsEncoder()
        let sounds = (0..<6).map { TestSounds.noise(1, level: 0.02 * Float($0 + 1), seed: UInt64($0)) }
        let batch = TestSounds.batch(sounds)
        let scorer = try LinearScorer(
            ratings: [1, 2, 3, 4, 5, 6], embeddings: batch.summaries(by: encoder), penalty: 0.1, encoder: encoder.identity)
        try scorer.write(to: path)
        let reward = try ScorerReward(encoders: [encoder], scorer: LinearScorer(reading: path), path: path)
        let scores = try reward.clipScores(of: batch).compactMap(\.reward)
        #expect(zip(scores, scores.dropFirst()).allSatisfy { $0 < $1 }, "\(scores)")
        for (index, score) in scores.enumerated() { #expect(abs(score - Double(index + 1)) < 0.5) }
        let other = try LinearScorer(ratings: [1, 2], embeddings: [[1], [2]], penalty: 1, encoder: "another")
        #expect(throws: AlignmentError.self) { try ScorerReward(encoders: [encoder], scorer: other, path: path) }
        try SafeTensorsFile.write([("x", .zeros([1]))], to: path)
        #expect(throws: AlignmentError.self) { try LinearScorer(reading: path) }
        for (ratings, embeddings, penalty) in [([1.0], [[1.0]], 1.0), ([1, 2], [[1], [2, 3]], 1), ([1, .nan], [[1], [2]], 1), ([1, 2], [[1], [2]], 0)] {
            #expect(throws: AlignmentError.self) { try LinearScorer(ratings: ratings, embeddings: embeddings, penalty: penalty, encoder: "") }
        }
        #expect(throws: AlignmentError.self) {
            try LinearScorer(choices: [.init(chosen: 0, rejected: 7)], embeddings: [[1], [2]], penalty: 1, encoder: "")
        }
    }

    /// Two prompts, one sound: what tells the choices apart is the prompt alone.
    @Test func promptsAreReadWhereAsked() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("scorer-\(UUID().uuidString).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let encoder = TestTextEncoder()
        let sounds = (0..<8).map { TestSounds.noise(1, level: 0.02, seed: UInt64($0)) }
        let clips = sounds.enumerated().flatMap { index, sound in
            ["low", "high"].map { (prompt: String) in Clip(name: "\(prompt) \(index)", source: .sound(sound), prompt: prompt) }
        }
        let batch = ClipBatch(clips), input = try ScorerInput(encoders: [encoder], readsPrompts: true)
        let values = try input.allValues(of: batch), fits = try CLAPReward(encoder: encoder, target: .prompts(encoder)).clipScores(of: batch)
        #expect(input.count == encoder.dimension + 1 && values.allSatisfy { $0.count == input.count })
        #expect(zip(values, fits).allSatisfy { $0.last == $1.score?.measure })
        let choices = sounds.indices.map { LinearScorer.Choice(chosen: 2 * $0, rejected: 2 * $0 + 1) }
        let scorer = try LinearScorer(
            choices: choices, embeddings: values, penalty: 1, encoder: encoder.identity, promptValues: 1)
        try scorer.write(to: path)
        let read = try LinearScorer(reading: path)
        #expect(read.readsPrompts)
        let reward = try ScorerReward(encoders: [encoder], scorer: read, path: path), scores = try reward.clipScores(of: batch).map(\.reward)
        for choice in choices { #expect(try #require(scores[choice.chosen]) > #require(scores[choice.rejected])) }
        let bare = try reward.clipScores(of: ClipBatch([Clip(name: "bare", source: .sound(sounds[0]))]))
        #expect(bare[0].reason?.contains("no prompt") == true)
        #expect(throws: AlignmentError.self) { try input.allValues(of: ClipBatch([Clip(name: "bare", source: .sound(sounds[0]))])) }
        // Of several encoders the embeddings stand one after the other, and the fit is last and weighs as much as they do.
        let both = try ScorerInput(encoders: [SpectralStatisticsEncoder(), encoder], readsPrompts: true)
        #expect(both.count == 2 * encoder.dimension + 1 && both.promptValues == 1 && both.identity != input.identity)
        #expect(try both.allValues(of: batch).map(\.last) == values.map(\.last))
        let plain = try LinearScorer(choices: choices, embeddings: values, penalty: 1, encoder: encoder.identity)
        expectNear(try #require(plain.deviation.last) / #require(scorer.deviation.last), Double(encoder.dimension).squareRoot(), relative: 1e-9)
        let deaf = SpectralStatisticsEncoder()
        #expect(throws: EncoderError.self) { try ScorerReward(encoders: [deaf], scorer: read, path: path) }
    }

    @Test func filtrationKeepsTheExtremes() throws {
        var rng = Philox(seed: 3)
        let rewards = [0.2, 0.9, 0.9, -1, 0.5]
        #expect(PolicyFiltration.best(rewards, using: &rng) == [1])
        #expect(PolicyFiltration.bestAndWorst(rewards, using: &rng) == [1, 3])
        #expect(PolicyFiltration.all(rewards, using: &rng) == [1, 0, 2, 3, 4])
        let seconds = Set((0..<100).map { _ in PolicyFiltration.bestAndRandom(rewards, using: &rng)[1] })
        #expect(seconds == [0, 2, 3, 4])
        for rule in PolicyFiltration.allCases { #expect(rule([], using: &rng).isEmpty && rule([1], using: &rng) == [0]) }
        // A reward that is right at the extremes and blind in the middle.
        let values = (0..<300).map { Double($0) / 300 }
        let truths = values.map { $0 < 0.2 ? 0.0 : $0 > 0.8 ? 1 : Double(rng.nextUniform()) }
        let extremes = values.indices.filter { values[$0] < 0.2 || values[$0] > 0.8 }
        let kept = try PolicyFiltration.reliability(rewards: extremes.map { values[$0] }, truths: extremes.map { truths[$0] })
        let middle = values.indices.filter { values[$0] > 0.25 && values[$0] < 0.75 }
        let blind = try PolicyFiltration.reliability(rewards: middle.map { values[$0] }, truths: middle.map { truths[$0] })
        #expect(kept > 0.8 && blind < 0.6)
        #expect(throws: AlignmentError.self) { try PolicyFiltration.reliability(rewards: [1, 2], truths: [1, 2]) }
    }

    @Test func doubtfulLabelsAreSortedOut() {
        #expect(PairVerdict(margins: [1, 1.2, 0.8], disagreement: 1) == .keep)
        #expect(PairVerdict(margins: [-1, -1.2, -0.8], disagreement: 1) == .flip)
        #expect(PairVerdict(margins: [3, -3, 1], disagreement: 1) == .drop)
        let peers = PeerSelection(noise: 0.4, steps: 100)
        #expect(peers.keptShare(at: 0) == 1 && peers.keptShare(at: 50) == 0.8 && peers.keptShare(at: 1000) == 0.6)
        let margins = [0.5, -2, 3, 1, -0.1]
        #expect(peers.selected(margins: margins, at: 0) == [0, 1, 2, 3, 4])
        #expect(peers.selected(margins: margins, at: 100) == [0, 2, 3])
        #expect(peers.selected(margins: [1], at: 100) == [0] && peers.selected(margins: [], at: 3).isEmpty)
    }
}
