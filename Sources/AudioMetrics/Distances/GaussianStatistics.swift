/// Mean and covariance of a set of embeddings, to be compared or merged without the embeddings.
///
/// The covariance is kept as a triangular factor of the centred embeddings, so that sets with fewer embeddings than
/// dimensions lose no digits and no square root of a matrix has to be taken.
public struct GaussianStatistics: Sendable {
    public let count: Int
    public let mean: [Double]
    /// Row-major, `[rank, dimension]`: `factorᵀ factor` is the sum of the outer products of the centred embeddings.
    let factor: [Double]

    public var dimension: Int { mean.count }
    var rank: Int { factor.count / dimension }

    /// - Throws: ``EmbeddingError/noConvergence(routine:)`` only.
    public init(_ set: EmbeddingSet) throws {
        let mean = set.mean
        self.init(
            count: set.count, mean: mean,
            factor: try DenseMatrices.triangularFactor(
                set.values(minus: mean), rows: set.count, columns: set.dimension))
    }

    /// From stored statistics, such as the published ones of reference sets.
    ///
    /// - Parameters:
    ///   - covariance: Row-major, `[dimension, dimension]`, divided by `count - 1`. Negative eigenvalues, which
    ///     rounding leaves, count as zero.
    public init(mean: [Double], covariance: [Double], count: Int) throws {
        let dimension = mean.count
        guard count > 0, dimension > 0 else { throw EmbeddingError.empty }
        guard covariance.count == dimension * dimension else {
            throw EmbeddingError.shape(values: covariance.count, count: dimension, dimension: dimension)
        }
        if let column = mean.firstIndex(where: { !$0.isFinite }) {
            throw EmbeddingError.notFinite(row: 0, column: column)
        }
        if let bad = covariance.firstIndex(where: { !$0.isFinite }) {
            throw EmbeddingError.notFinite(row: bad / dimension, column: bad % dimension)
        }
        var (values, vectors) = try DenseMatrices.eigenvectors(covariance, size: dimension)
        for row in 0..<dimension {
            let scale = (max(values[row], 0) * Double(count - 1)).squareRoot()
            for column in 0..<dimension { vectors[row * dimension + column] *= scale }
        }
        self.init(count: count, mean: mean, factor: vectors)
    }

    private init(count: Int, mean: [Double], factor: [Double]) {
        (self.count, self.mean, self.factor) = (count, mean, factor)
    }

    /// The statistics of both sets together.
    ///
    /// T. Chan, G. Golub and R. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
    /// 1979, on factors.
    public func merged(with other: GaussianStatistics) throws -> GaussianStatistics {
        guard dimension == other.dimension else {
            throw EmbeddingError.dimensionMismatch(dimension, other.dimension)
        }
        let (n, m) = (Double(count), Double(other.count))
        let weight = (n * m / (n + m)).squareRoot()
        let shift = zip(mean, other.mean).map { $1 - $0 }
        let stacked = factor + other.factor + shift.map { $0 * weight }
        return GaussianStatistics(
            count: count + other.count, mean: zip(mean, shift).map { $0 + $1 * m / (n + m) },
            factor: try DenseMatrices.triangularFactor(stacked, rows: stacked.count / dimension, columns: dimension))
    }

    /// Element `[row, column]` of the covariance, divided by `count - 1`; zero for a single embedding.
    public func covariance(_ row: Int, _ column: Int) -> Double {
        guard count > 1 else { return 0 }
        return (0..<rank).reduce(0) { $0 + factor[$1 * dimension + row] * factor[$1 * dimension + column] }
            / Double(count - 1)
    }

    /// Sum of the variances.
    public var totalVariance: Double { count > 1 ? factor.reduce(0) { $0 + $1 * $1 } / Double(count - 1) : 0 }
}
