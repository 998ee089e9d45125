import Foundation

/// The effective number of different embeddings in a set: 1 for copies of one, the set's size for unlike ones.
///
/// `exp` of the entropy of the eigenvalues of the kernel matrix over `n`. D. Friedman and A. Dieng, "The Vendi score: a
/// diversity evaluation metric for machine learning", 2023; orders other than 1 after A. Pasarkar and A. Dieng,
/// "Cousins of the Vendi score", 2024: small ones heed rare kinds, large ones common kinds.
public enum VendiScore {
    /// - Parameters:
    ///   - kernel: One that is 1 for equal embeddings. With `.cosine` the cost grows with the set's size as that of its
    ///     covariance does, with the others with its cube: some seconds for 2,000 embeddings.
    ///   - order: Above 0, infinity included.
    /// - Returns: From 1 to the size of the set.
    public static func score(
        _ set: EmbeddingSet, kernel: EmbeddingKernel = .cosine, order: Double = 1
    ) throws -> Double {
        guard order > 0 else {
            throw EmbeddingError.invalidSetting("The order of a Vendi score must be above 0, not \(order).")
        }
        if case .polynomial = kernel {
            throw EmbeddingError.invalidSetting("A Vendi score needs a kernel that is 1 for equal embeddings.")
        }
        let shares = try spectrum(set, kernel: kernel)
        // Rounding leaves eigenvalues near zero, some of them negative, in the place of zeros.
        let smallest = Double(set.count) * .ulpOfOne * (shares.max() ?? 1)
        let positive = shares.filter { $0 > smallest }
        let score: Double
        if order == 1 {
            score = exp(-positive.reduce(0) { $0 + $1 * log($1) })
        } else if order == .infinity {
            score = 1 / (positive.max() ?? 1)
        } else {
            score = pow(positive.reduce(0) { $0 + pow($1, order) }, 1 / (1 - order))
        }
        return min(max(score, 1), Double(set.count))
    }

    /// The eigenvalues of the kernel matrix over the set's size; they add up to one.
    private static func spectrum(_ set: EmbeddingSet, kernel: EmbeddingKernel) throws -> [Double] {
        let count = set.count
        guard kernel == .cosine else {
            let matrix = try EmbeddingPairs(set, set).mapKernel(kernel) { _, values in Array(values) }.flatMap { $0 }
            return try DenseMatrices.eigenvalues(matrix, size: count).map { $0 / Double(count) }
        }
        let factor = try DenseMatrices.triangularFactor(
            set.normalized().values, rows: count, columns: set.dimension)
        return try DenseMatrices.singularValues(
            factor, rows: factor.count / set.dimension, columns: set.dimension
        ).map { $0 * $0 / Double(count) }
    }
}
