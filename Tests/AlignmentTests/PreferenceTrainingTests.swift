import Alignment
import Foundation
import NeuralCore
import TestSupport
import Testing

/// Raters of a known taste, some of whose choices are wrong.
@Suite struct PreferenceTrainingTests {
    private struct Material {
        var choices: [LinearScorer.Choice] = [], prompts: [Int] = [], embeddings: [[Double]] = [], taste: [Double] = []

        init(prompts count: Int, flips: Float, seed: UInt64) {
            var rng = Philox(seed: seed)
            let width = 12
            taste = (0..<width).map { $0 < 4 ? 3 * Double(rng.nextGaussian()) : 0 }
            for prompt in 0..<count {
                let pair = (0..<2).map { _ in (0..<width).map { _ in Double(rng.nextGaussian()) } }
                let scores = pair.map { row in zip(row, taste).reduce(0) { $0 + $1.0 * $1.1 } }
                let first = embeddings.count
                embeddings += pair
                var isFirst = scores[0] > scores[1]
                if rng.nextUniform() < flips { isFirst.toggle() }
                choices.append(.init(chosen: isFirst ? first : first + 1, rejected: isFirst ? first + 1 : first))
                prompts.append(prompt)
            }
        }

        /// How often a scorer chooses as the taste does, over all pairs.
        func agreement(_ scorers: [LinearScorer]) -> Double {
            func score(_ row: [Double]) -> Double { scorers.reduce(0) { $0 + $1(row) } }
            func truth(_ row: [Double]) -> Double { zip(row, taste).reduce(0) { $0 + $1.0 * $1.1 } }
            let right = choices.count { choice in
                let (a, b) = (embeddings[choice.chosen], embeddings[choice.rejected])
                return (score(a) > score(b)) == (truth(a) > truth(b))
            }
            return Double(right) / Double(choices.count)
        }
    }

    @Test func cleanChoicesAreLearned() throws {
        let material = Material(prompts: 400, flips: 0, seed: 1)
        let result = try PreferenceTraining().fit(material.choices, prompts: material.prompts, embeddings: material.embeddings, encoder: "e")
        #expect(result.heldOutChoices == 80 && result.trainingChoices == 320 && result.scorers.count == 1)
        #expect(result.accuracy.accuracy > 0.93, "\(result.accuracy)")
    }

    /// A quarter of the choices is wrong: the held-out accuracy cannot be above 75 %, but the taste is found, and no way of
    /// cleaning loses it.
    @Test(arguments: PreferenceTraining.Cleaning.allCases, [1, 5]) func noisyChoices(_ cleaning: PreferenceTraining.Cleaning, _ members: Int) throws {
        let material = Material(prompts: 1500, flips: 0.25, seed: 2)
        var training = PreferenceTraining()
        (training.cleaning, training.members) = (cleaning, members)
        let result = try training.fit(material.choices, prompts: material.prompts, embeddings: material.embeddings, encoder: "e")
        #expect(result.scorers.count == (cleaning == .peers ? 2 : members))
        #expect(result.accuracy.accuracy > 0.6 && result.accuracy.accuracy < 0.85, "\(result.accuracy)")
        #expect(material.agreement(result.scorers) > 0.85, "\(material.agreement(result.scorers))")
        if cleaning == .ensemble { #expect(result.turned > 100 && result.kept + result.turned + result.dropped == 1200) }
        if cleaning == .peers { #expect(result.kept == 900) }
        let again = try training.fit(material.choices, prompts: material.prompts, embeddings: material.embeddings, encoder: "e")
        #expect(again.scorers == result.scorers)
    }

    @Test func onePromptIsTooFew() {
        #expect(throws: AlignmentError.self) {
            try PreferenceTraining().fit([.init(chosen: 0, rejected: 1)], prompts: [0], embeddings: [[1], [2]], encoder: "e")
        }
    }
}
