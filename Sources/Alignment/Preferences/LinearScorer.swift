import AudioEmbeddings
import Foundation
import NeuralCore

/// A score that is linear in an encoder's embedding, learned from people's ratings or from their choices.
///
/// What is learned from may end with a clip's fit to its prompt (``ScorerInput``), which weighs as much as all values before.
/// Embeddings are standardised by what was learned from. Ratings are fitted by ridge regression, choices by the model of
/// Bradley and Terry with a penalty on the weights; both have one best answer, which is found to rounding.
/// ```swift
/// let scorer = try LinearScorer(choices: pairs, embeddings: embeddings, penalty: 1, encoder: encoder.identity)
/// try scorer.write(to: "taste.safetensors")
/// ```
public struct LinearScorer: Sendable, Equatable {
    /// Of the standardised embedding.
    public let weights: [Double]
    public let offset: Double
    public let mean: [Double]
    /// 1 where a value did not vary, less than it was for the fits to a prompt.
    public let deviation: [Double]
    /// The identity of the encoder (or encoders) whose embeddings it takes.
    public let encoder: String
    /// How many of the last values are a fit to the prompt; 0 for a scorer that hears clips alone.
    public let promptValues: Int
    public var readsPrompts: Bool { promptValues > 0 }

    /// A choice between two recordings, by the indices of their embeddings.
    public struct Choice: Sendable, Equatable {
        public let chosen: Int, rejected: Int
        public init(chosen: Int, rejected: Int) { (self.chosen, self.rejected) = (chosen, rejected) }
    }

    public func callAsFunction(_ embedding: [Double]) -> Double {
        zip(embedding, zip(mean, deviation)).enumerated().reduce(offset) { sum, item in
            sum + weights[item.offset] * (item.element.0 - item.element.1.0) / item.element.1.1
        }
    }

    /// Fits ratings: Σ (score − rating)² + penalty |w|².
    public init(
        ratings: [Double], embeddings: [[Double]], penalty: Double, encoder: String, promptValues: Int = 0
    ) throws {
        let scale = try Standardization(embeddings, count: ratings.count, penalty: penalty, promptValues: promptValues)
        guard ratings.allSatisfy(\.isFinite) else { throw Standardization.fault("a rating is not a finite number") }
        let center = ratings.reduce(0, +) / Double(ratings.count)
        let rows = scale.rows(embeddings)
        let target = Self.combination(rows, ratings.map { $0 - center })
        weights = Self.solve(target) { Self.curvature(rows, [Double](repeating: 1, count: rows.count), penalty, $0) }
        (offset, mean, deviation) = (center, scale.mean, scale.deviation)
        (self.encoder, self.promptValues) = (encoder, promptValues)
    }

    /// Fits choices: −Σ log σ(score of chosen − score of rejected) + penalty |w|² / 2, by Newton's method.
    public init(
        choices: [Choice], embeddings: [[Double]], penalty: Double, encoder: String, promptValues: Int = 0
    ) throws {
        let scale = try Standardization(embeddings, count: embeddings.count, penalty: penalty, promptValues: promptValues)
        let known = embeddings.indices
        guard !choices.isEmpty, choices.allSatisfy({ known.contains($0.chosen) && known.contains($0.rejected) }) else {
            throw Standardization.fault("there are no choices, or they are of recordings that are not there")
        }
        let all = scale.rows(embeddings)
        let rows = choices.map { choice in zip(all[choice.chosen], all[choice.rejected]).map { $0 - $1 } }
        func loss(_ w: [Double]) -> Double {
            rows.reduce(penalty / 2 * Self.dot(w, w)) { $0 - logSigmoid(Self.dot($1, w)) }
        }
        var w = [Double](repeating: 0, count: scale.mean.count), value = loss(w)
        for _ in 0..<100 {
            let doubts = rows.map { sigmoid(-Self.dot($0, w)) }
            let gradient = zip(Self.combination(rows, doubts), w).map { $0 - penalty * $1 }
            let step = Self.solve(gradient) { Self.curvature(rows, doubts.map { $0 * (1 - $0) }, penalty, $0) }
            var length = 1.0, next = zip(w, step).map(+), best = loss(next)
            while best > value, length > 1e-6 {
                length /= 2
                next = zip(w, step).map { $0 + length * $1 }
                best = loss(next)
            }
            guard best < value else { break }
            (w, value) = (next, best)
            if Self.dot(step, step) <= 1e-20 * max(Self.dot(w, w), 1e-20) { break }
        }
        (weights, offset, mean, deviation) = (w, 0, scale.mean, scale.deviation)
        (self.encoder, self.promptValues) = (encoder, promptValues)
    }

    /// Σ factor · row.
    private static func combination(_ rows: [[Double]], _ factors: [Double]) -> [Double] {
        var sum = [Double](repeating: 0, count: rows[0].count)
        for (row, factor) in zip(rows, factors) {
            for index in sum.indices { sum[index] += factor * row[index] }
        }
        return sum
    }

    /// (Σ factor · row rowᵀ + penalty) v.
    private static func curvature(_ rows: [[Double]], _ factors: [Double], _ penalty: Double, _ v: [Double]) -> [Double] {
        zip(combination(rows, zip(rows, factors).map { $1 * dot($0, v) }), v).map { $0 + penalty * $1 }
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    /// Conjugate gradients for a symmetric positive definite system.
    private static func solve(_ target: [Double], _ apply: ([Double]) -> [Double]) -> [Double] {
        var x = [Double](repeating: 0, count: target.count), residual = target, direction = target
        var size = dot(residual, residual)
        let goal = 1e-24 * size
        for _ in 0..<4 * target.count where size > goal {
            let image = apply(direction), step = size / dot(direction, image)
            for index in x.indices {
                x[index] += step * direction[index]
                residual[index] -= step * image[index]
            }
            let next = dot(residual, residual)
            for index in x.indices { direction[index] = residual[index] + next / size * direction[index] }
            size = next
        }
        return x
    }
}

/// Means and deviations of embeddings that are learned from.
private struct Standardization {
    let mean: [Double]
    let deviation: [Double]

    static func fault(_ reason: String) -> AlignmentError { .invalid(what: "The scorer", reason: reason) }

    init(_ embeddings: [[Double]], count: Int, penalty: Double, promptValues: Int) throws {
        guard let width = embeddings.first?.count, width > 0, embeddings.count == count, embeddings.count > 1,
            embeddings.allSatisfy({ $0.count == width && $0.allSatisfy(\.isFinite) })
        else {
            throw Self.fault("\(embeddings.count) embeddings for \(count) answers are too few, not finite, or of several sizes")
        }
        guard (0..<width).contains(promptValues) else { throw Self.fault("\(promptValues) of \(width) values cannot be of prompts") }
        guard penalty > 0, penalty.isFinite else { throw Self.fault("the penalty must be positive, not \(penalty)") }
        let total = Double(count)
        let mean = (0..<width).map { column in embeddings.reduce(0) { $0 + $1[column] } / total }
        self.mean = mean
        deviation = (0..<width).map { column in
            let variance = embeddings.reduce(0) { $0 + ($1[column] - mean[column]) * ($1[column] - mean[column]) } / total
            guard variance > 0 else { return 1 }
            // One penalty for all weights would drown a few good values in many others.
            let emphasis = column < width - promptValues ? 1 : Double(width - promptValues).squareRoot()
            return variance.squareRoot() / emphasis
        }
    }

    func rows(_ embeddings: [[Double]]) -> [[Double]] {
        embeddings.map { row in row.indices.map { (row[$0] - mean[$0]) / deviation[$0] } }
    }
}

extension LinearScorer {
    private static let kind = "linear-scorer"

    /// Writes the scorer as a small `.safetensors` file, in single precision; it appears whole or not at all.
    public func write(to path: String) throws {
        func row(_ values: [Double]) -> Tensor { Tensor(values.map { Float($0) }, shape: [values.count]) }
        try SafeTensorsFile.write(
            [("weights", row(weights)), ("mean", row(mean)), ("deviation", row(deviation)), ("offset", row([offset]))],
            metadata: ["kind": Self.kind, "encoder": encoder, "prompt-values": "\(promptValues)"], to: path)
    }

    /// - Throws: `CheckpointError`, and ``AlignmentError/invalidFile(path:reason:)`` for files of something else.
    public init(reading path: String) throws {
        let file = try SafeTensorsFile(path: path)
        func fault(_ reason: String) -> AlignmentError { .invalidFile(path: path, reason: reason) }
        guard file.metadata["kind"] == Self.kind, let encoder = file.metadata["encoder"] else {
            throw fault("it is no scorer")
        }
        let parts = try ["weights", "mean", "deviation", "offset"].map { try file.tensor($0).values.map(Double.init) }
        let width = parts[0].count
        guard let promptValues = Int(file.metadata["prompt-values"] ?? "0"), (0..<width).contains(promptValues),
            parts[1].count == width, parts[2].count == width, parts[3].count == 1,
            parts.allSatisfy({ $0.allSatisfy(\.isFinite) }), parts[2].allSatisfy({ $0 > 0 })
        else { throw fault("its numbers do not fit together") }
        (weights, mean, deviation, offset) = (parts[0], parts[1], parts[2], parts[3][0])
        (self.encoder, self.promptValues) = (encoder, promptValues)
    }
}
