/// A set that is small for what is computed from it.
public struct SampleSizeWarning: Sendable, Equatable, CustomStringConvertible {
    public let count: Int
    public let dimension: Int
    /// From how many embeddings on the warning is gone.
    public let needed: Int
    let consequence: String

    public var description: String {
        "\(count) embedding\(count == 1 ? "" : "s") of \(dimension) dimensions: \(consequence); "
            + "at least \(needed) would be better"
    }

    /// A covariance from no more embeddings than dimensions is singular.
    static func singularCovariance(_ statistics: GaussianStatistics) -> SampleSizeWarning? {
        guard statistics.count <= statistics.dimension else { return nil }
        return SampleSizeWarning(
            count: statistics.count, dimension: statistics.dimension, needed: statistics.dimension + 1,
            consequence: "the covariance is singular and the Fréchet distance comes out too large")
    }

    /// Kernel estimates need no covariance, only enough pairs.
    static func fewPairs(_ set: EmbeddingSet) -> SampleSizeWarning? { fewPairs(count: set.count, dimension: set.dimension) }

    static func fewPairs(count: Int, dimension: Int) -> SampleSizeWarning? {
        let needed = 50
        guard count < needed else { return nil }
        return SampleSizeWarning(
            count: count, dimension: dimension, needed: needed,
            consequence: "the estimate varies much from one such set to the next")
    }
}

/// A distance between two sets, and what to keep in mind about it.
public struct SetDistance: Sendable, Equatable {
    public let value: Double
    public let warnings: [SampleSizeWarning]
}
