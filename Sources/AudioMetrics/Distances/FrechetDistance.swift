import NeuralCore

/// The Fréchet distance between Gaussians fitted to two sets of embeddings ("FAD" for audio).
///
/// `|μ₁ − μ₂|² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁^½ Σ₂ Σ₁^½)^½`, covariances divided by `n − 1`. The last trace is the sum of
/// the singular values of `A Bᵀ` for any factors with `AᵀA = Σ₁` and `BᵀB = Σ₂`: it is real however singular the
/// covariances are, needs no small constant on their diagonals, and the distance of a set to itself is zero to rounding.
///
/// K. Kilgour et al., "Fréchet audio distance: a metric for evaluating music enhancement algorithms", 2018.
public enum FrechetDistance {
    /// Never negative. Sets with no more embeddings than dimensions are warned of: the distance then comes out too
    /// large, by about a constant over their size.
    public static func between(_ first: EmbeddingSet, _ second: EmbeddingSet) throws -> SetDistance {
        try first.requireSameDimension(as: second)
        let statistics = parallelMap(2) { index in Result { try GaussianStatistics(index == 0 ? first : second) } }
        return try between(statistics[0].get(), statistics[1].get())
    }

    /// The same from statistics. Those of a single embedding have no covariance, which then counts as zero.
    public static func between(_ first: GaussianStatistics, _ second: GaussianStatistics) throws -> SetDistance {
        SetDistance(
            value: try value(first, second),
            warnings: [first, second].compactMap(SampleSizeWarning.singularCovariance))
    }

    /// The distance of each song's embeddings to a reference, for finding outliers.
    ///
    /// - Parameter songs: The embeddings of one recording each, in any order; two or more make sense.
    /// - Returns: In the order of the songs.
    public static func perSong(_ songs: [EmbeddingSet], reference: GaussianStatistics) throws -> [SetDistance] {
        try parallelMap(songs.count) { index in
            Result { try between(GaussianStatistics(songs[index]), reference) }
        }.map { try $0.get() }
    }

    static func value(_ first: GaussianStatistics, _ second: GaussianStatistics) throws -> Double {
        guard first.dimension == second.dimension else {
            throw EmbeddingError.dimensionMismatch(first.dimension, second.dimension)
        }
        let means = zip(first.mean, second.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        var overlap = 0.0
        if first.count > 1, second.count > 1 {
            let product = DenseMatrices.product(
                first.factor, second.factor, m: first.rank, n: second.rank, k: first.dimension)
            let sum = try DenseMatrices.singularValues(product, rows: first.rank, columns: second.rank).reduce(0, +)
            overlap = sum / (Double(first.count - 1) * Double(second.count - 1)).squareRoot()
        }
        return max(0, means + first.totalVariance + second.totalVariance - 2 * overlap)
    }
}
