import Foundation

/// Sets of embeddings that no distance is defined for.
public enum EmbeddingError: LocalizedError, Equatable {
    /// There is not a single embedding.
    case empty
    /// The values do not fill `count` rows of `dimension`.
    case shape(values: Int, count: Int, dimension: Int)
    case unequalRows(row: Int, dimension: Int, expected: Int)
    /// A NaN or infinite value.
    case notFinite(row: Int, column: Int)
    case dimensionMismatch(Int, Int)
    /// An embedding of length zero has no direction.
    case zeroEmbedding(row: Int)
    case tooFew(count: Int, needed: Int, purpose: String)
    case invalidSetting(String)
    /// LAPACK gave up.
    case noConvergence(routine: String)

    public var errorDescription: String? {
        switch self {
        case .empty:
            "The set has no embeddings."
        case .shape(let values, let count, let dimension):
            "\(values) values are not \(count) embeddings of \(dimension) dimensions."
        case .unequalRows(let row, let dimension, let expected):
            "Embedding \(row) has \(dimension) dimensions and the first one \(expected)."
        case .notFinite(let row, let column):
            "Value \(column) of embedding \(row) is not a finite number."
        case .dimensionMismatch(let first, let second):
            "Embeddings of \(first) and of \(second) dimensions cannot be compared; they come from different models."
        case .zeroEmbedding(let row):
            "Embedding \(row) is zero and has no direction."
        case .tooFew(let count, let needed, let purpose):
            "\(count) embeddings are too few for \(purpose), which needs at least \(needed)."
        case .invalidSetting(let reason):
            reason
        case .noConvergence(let routine):
            "LAPACK's \(routine) did not converge; the embeddings are probably far out of range."
        }
    }
}
