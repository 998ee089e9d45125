import NeuralCore

/// All pairs of an embedding of one set and one of another, a few rows at a time.
struct EmbeddingPairs {
    /// Rows whose pairs are held in memory at once; the partition of all parallel work here.
    private static let blockRows = 64

    let first: EmbeddingSet
    let second: EmbeddingSet

    init(_ first: EmbeddingSet, _ second: EmbeddingSet) throws {
        try first.requireSameDimension(as: second)
        (self.first, self.second) = (first, second)
    }

    /// Calls `body` for blocks of rows in parallel with the block's squared distances, `[rows, second.count]`.
    func mapSquaredDistances<Value: Sendable>(
        _ body: @Sendable (Range<Int>, UnsafeBufferPointer<Double>) -> Value
    ) -> [Value] {
        // About a common centre the squares are of the distances' own size, which keeps the digits.
        let center = second.mean
        let a = first.values(minus: center), b = second.values(minus: center)
        let squaresA = Self.squares(a, first.dimension), squaresB = Self.squares(b, first.dimension)
        return map(a, b) { rows, products in
            for (line, row) in rows.enumerated() {
                for column in squaresB.indices {
                    let index = line * squaresB.count + column
                    products[index] = max(0, squaresA[row] + squaresB[column] - 2 * products[index])
                }
            }
            return body(rows, UnsafeBufferPointer(products))
        }
    }

    /// The same with the values of a kernel.
    func mapKernel<Value: Sendable>(
        _ kernel: EmbeddingKernel, _ body: @Sendable (Range<Int>, UnsafeBufferPointer<Double>) -> Value
    ) throws -> [Value] {
        try kernel.validate()
        let dimension = first.dimension
        if kernel.isRadial {
            return mapSquaredDistances { rows, distances in
                let values = distances.map { kernel($0, dimension: dimension) }
                return values.withUnsafeBufferPointer { body(rows, $0) }
            }
        }
        let isCosine = kernel == .cosine
        let a = isCosine ? try first.normalized() : first, b = isCosine ? try second.normalized() : second
        return map(a.values, b.values) { rows, products in
            for index in products.indices { products[index] = kernel(products[index], dimension: dimension) }
            return body(rows, UnsafeBufferPointer(products))
        }
    }

    private func map<Value: Sendable>(
        _ a: [Double], _ b: [Double], _ body: @Sendable (Range<Int>, UnsafeMutableBufferPointer<Double>) -> Value
    ) -> [Value] {
        let dimension = first.dimension, count = first.count, columns = second.count
        return parallelMap((count + Self.blockRows - 1) / Self.blockRows) { block in
            let rows = block * Self.blockRows..<min(count, (block + 1) * Self.blockRows)
            let part = Array(a[rows.lowerBound * dimension..<rows.upperBound * dimension])
            var products = DenseMatrices.product(part, b, m: rows.count, n: columns, k: dimension)
            return products.withUnsafeMutableBufferPointer { body(rows, $0) }
        }
    }

    private static func squares(_ values: [Double], _ dimension: Int) -> [Double] {
        stride(from: 0, to: values.count, by: dimension).map { start in
            values[start..<start + dimension].reduce(0) { $0 + $1 * $1 }
        }
    }
}
