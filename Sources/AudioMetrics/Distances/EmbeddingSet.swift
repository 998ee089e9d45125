/// Embeddings of one model, one row each, in double precision.
public struct EmbeddingSet: Sendable, Equatable {
    /// How many embeddings there are, at least one.
    public let count: Int
    /// Values per embedding, at least one.
    public let dimension: Int
    /// Row-major, `[count, dimension]`, all finite.
    public let values: [Double]

    /// - Parameters:
    ///   - values: Row-major, `[count, dimension]`.
    /// - Throws: ``EmbeddingError`` for an empty set, a wrong number of values, and values that are not finite.
    public init(_ values: [Double], count: Int, dimension: Int) throws {
        guard count > 0, dimension > 0 else { throw EmbeddingError.empty }
        guard values.count == count * dimension else {
            throw EmbeddingError.shape(values: values.count, count: count, dimension: dimension)
        }
        if let bad = values.firstIndex(where: { !$0.isFinite }) {
            throw EmbeddingError.notFinite(row: bad / dimension, column: bad % dimension)
        }
        (self.values, self.count, self.dimension) = (values, count, dimension)
    }

    /// One embedding per row.
    public init(rows: [[Float]]) throws {
        guard let dimension = rows.first?.count else { throw EmbeddingError.empty }
        if let odd = rows.firstIndex(where: { $0.count != dimension }) {
            throw EmbeddingError.unequalRows(row: odd, dimension: rows[odd].count, expected: dimension)
        }
        try self.init(rows.flatMap { $0.map(Double.init) }, count: rows.count, dimension: dimension)
    }

    /// The embeddings at `indices`, which may repeat.
    public func selecting(_ indices: [Int]) throws -> EmbeddingSet {
        var selected: [Double] = []
        selected.reserveCapacity(indices.count * dimension)
        for index in indices { selected += values[index * dimension..<(index + 1) * dimension] }
        return try EmbeddingSet(selected, count: indices.count, dimension: dimension)
    }

    /// The mean embedding.
    public var mean: [Double] {
        var sums = [Double](repeating: 0, count: dimension)
        values.withUnsafeBufferPointer { values in
            for row in 0..<count {
                for column in 0..<dimension { sums[column] += values[row * dimension + column] }
            }
        }
        return sums.map { $0 / Double(count) }
    }

    /// Row-major values with `offset` taken from every embedding.
    func values(minus offset: [Double]) -> [Double] {
        var shifted = values
        shifted.withUnsafeMutableBufferPointer { shifted in
            for row in 0..<count {
                for column in 0..<dimension { shifted[row * dimension + column] -= offset[column] }
            }
        }
        return shifted
    }

    /// All embeddings with a Euclidean norm of one.
    func normalized() throws -> EmbeddingSet {
        var scaled = values
        for row in 0..<count {
            let range = row * dimension..<(row + 1) * dimension
            let largest = scaled[range].reduce(0) { max($0, abs($1)) }
            guard largest > 0 else { throw EmbeddingError.zeroEmbedding(row: row) }
            // Scaled by the largest value first, so that no square overflows or vanishes.
            let norm = largest * scaled[range].reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
            for index in range { scaled[index] /= norm }
        }
        return try EmbeddingSet(scaled, count: count, dimension: dimension)
    }

    func requireSameDimension(as other: EmbeddingSet) throws {
        guard dimension == other.dimension else {
            throw EmbeddingError.dimensionMismatch(dimension, other.dimension)
        }
    }
}
