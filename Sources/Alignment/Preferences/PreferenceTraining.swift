import Foundation
import NeuralCore

/// Learns scorers from choices between recordings, and tells how well they predict choices that were held out.
///
/// Prompts are held out whole, so that no recording is on both sides. Several members are learned from draws of the choices
/// with replacement; where they disagree, a score is uncertain.
public struct PreferenceTraining: Sendable, Equatable {
    /// What is done about wrong choices.
    public enum Cleaning: String, Sendable, CaseIterable {
        case none
        /// Members that did not learn from a choice vote on it: it is kept, turned round or dropped.
        case ensemble
        /// Two scorers teach each other: each passes on the choices it is surest of.
        case peers
    }

    public var members = 1
    /// The share of prompts that is held out.
    public var heldOut = 0.2
    /// Of the weights; nil for the one that predicts best within the training prompts.
    public var penalty: Double?
    public var cleaning = Cleaning.none
    /// The share of choices thought wrong, for peers.
    public var noise = 0.25
    public var seed: UInt64 = 1

    public init() {}

    public struct Result: Sendable {
        public var scorers: [LinearScorer]
        public var penalty: Double
        public var trainingChoices: Int
        public var heldOutChoices: Int
        /// Of the mean of the members' scores, on held-out prompts.
        public var accuracy: PreferenceAccuracy
        public var kept = 0, turned = 0, dropped = 0
    }

    /// - Parameters:
    ///   - choices: by the indices of embeddings.
    ///   - prompts: the number of each choice's prompt.
    ///   - encoder: the identity of the embeddings' encoder, or of several.
    ///   - promptValues: how many of the last values are a fit to the prompt (``ScorerInput``).
    /// - Throws: ``AlignmentError/invalid(what:reason:)`` for fewer than two prompts or too few choices.
    public func fit(
        _ choices: [LinearScorer.Choice], prompts: [Int], embeddings: [[Double]], encoder: String, promptValues: Int = 0
    ) throws -> Result {
        var rng = Philox(seed: seed)
        guard choices.count == prompts.count, members > 0 else {
            throw AlignmentError.invalid(what: "The preferences", reason: "\(choices.count) choices are not for \(prompts.count) prompts")
        }
        let folds = try PromptFolds(prompts, heldOut: heldOut, using: &rng), training = folds.training, test = folds.heldOut
        func fitted(_ own: [LinearScorer.Choice], _ penalty: Double) throws -> LinearScorer {
            try LinearScorer(
                choices: own, embeddings: embeddings, penalty: penalty, encoder: encoder, promptValues: promptValues)
        }
        let penalty = try self.penalty ?? folds.bestPenalty { seen, unseen, penalty in
            let scorer = try fitted(seen.map { choices[$0] }, penalty)
            return unseen.reduce(0) { $0 - logSigmoid(scorer(embeddings[choices[$1].chosen]) - scorer(embeddings[choices[$1].rejected])) }
        }
        var own = training.map { choices[$0] }
        var result = Result(
            scorers: [], penalty: penalty, trainingChoices: training.count, heldOutChoices: test.count,
            accuracy: try PreferenceAccuracy(chosen: [0], rejected: [0]), kept: own.count)
        switch cleaning {
        case .none: break
        case .ensemble: own = try cleaned(own, embeddings, penalty, fitted, &rng, into: &result)
        case .peers:
            result.scorers = try peers(own, embeddings, penalty, fitted, &rng, into: &result)
        }
        if result.scorers.isEmpty {
            result.scorers = try (0..<members).map { member in
                try fitted(member == 0 && members == 1 ? own : own.indices.map { _ in own[rng.nextInt(below: own.count)] }, penalty)
            }
        }
        func score(_ index: Int) -> Double {
            result.scorers.reduce(0) { $0 + $1(embeddings[index]) } / Double(result.scorers.count)
        }
        result.accuracy = try PreferenceAccuracy(
            chosen: test.map { score(choices[$0].chosen) }, rejected: test.map { score(choices[$0].rejected) })
        return result
    }

    private typealias Fit = ([LinearScorer.Choice], Double) throws -> LinearScorer

    /// Each choice is judged by scorers that were learned without it.
    private func cleaned(
        _ own: [LinearScorer.Choice], _ embeddings: [[Double]], _ penalty: Double, _ fitted: Fit, _ rng: inout Philox,
        into result: inout Result
    ) throws -> [LinearScorer.Choice] {
        var margins = [[Double]](repeating: [], count: own.count)
        for _ in 0..<10 {
            let left = own.indices.map { _ in rng.nextUniform() < 0.3 }
            let seen = own.indices.filter { !left[$0] }.map { own[$0] }
            guard !seen.isEmpty else { continue }
            let scorer = try fitted(seen, penalty)
            for index in own.indices where left[index] {
                margins[index].append(scorer(embeddings[own[index].chosen]) - scorer(embeddings[own[index].rejected]))
            }
        }
        let all = margins.flatMap { $0 }, typical = all.reduce(0) { $0 + abs($1) } / Double(max(all.count, 1))
        (result.kept, result.turned, result.dropped) = (0, 0, 0)
        return zip(own, margins).compactMap { choice, margins in
            switch margins.isEmpty ? .keep : PairVerdict(margins: margins, disagreement: max(2 * typical, .leastNormalMagnitude)) {
            case .keep:
                result.kept += 1
                return choice
            case .flip:
                result.turned += 1
                return .init(chosen: choice.rejected, rejected: choice.chosen)
            case .drop:
                result.dropped += 1
                return nil
            }
        }
    }

    private func peers(
        _ own: [LinearScorer.Choice], _ embeddings: [[Double]], _ penalty: Double, _ fitted: Fit, _ rng: inout Philox,
        into result: inout Result
    ) throws -> [LinearScorer] {
        let order = Array(own.indices).shuffled(using: &rng), half = max(1, order.count / 2), steps = 8
        let selection = PeerSelection(noise: noise, steps: steps - 1)
        var pair = try [order.prefix(half), order.suffix(half)].map { try fitted($0.map { own[$0] }, penalty) }
        for step in 0..<steps {
            let lists = pair.map { scorer in
                selection.selected(
                    margins: own.map { scorer(embeddings[$0.chosen]) - scorer(embeddings[$0.rejected]) }, at: step)
            }
            // Each learns from what the other one is sure of.
            pair = try [lists[1], lists[0]].map { try fitted($0.map { own[$0] }, penalty) }
            (result.kept, result.dropped) = (lists[0].count, own.count - lists[0].count)
        }
        return pair
    }
}
