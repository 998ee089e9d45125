import AudioMetrics
import NeuralCore

/// The Fréchet distance of two sets of embeddings; the other side is numpy's covariances and scipy's matrix square root.
struct FrechetWorkload: Workload {
    var count: Int
    var dimension: Int

    var name: String { "Fréchet distance, 2 sets of \(count)x\(dimension)" }

    var settings: [String: any Sendable] { ["task": "frechet", "count": count, "dimension": dimension] }

    func prepare() throws -> () -> Void {
        var rng = Philox(seed: 1)
        let sets = try [0.0, 0.1].map { mean in
            try EmbeddingSet(
                (0..<count * dimension).map { _ in mean + Double(rng.nextGaussian()) }, count: count, dimension: dimension)
        }
        return { _ = try? FrechetDistance.between(sets[0], sets[1]) }
    }

    static let all = [FrechetWorkload(count: 1000, dimension: 512)]
}
