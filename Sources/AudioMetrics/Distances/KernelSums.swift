/// A set that others are compared with, and the sum of its own kernel values.
public struct KernelReference: Sendable {
    public let embeddings: EmbeddingSet
    public let kernel: EmbeddingKernel
    /// Over all ordered pairs but those of an embedding with itself, and over those.
    fileprivate let within: Double, equal: Double

    /// - Throws: `EmbeddingError` for a kernel that cannot be.
    public init(_ embeddings: EmbeddingSet, kernel: EmbeddingKernel) throws {
        (self.embeddings, self.kernel) = (embeddings, kernel)
        let columns = embeddings.count
        let sums = try EmbeddingPairs(embeddings, embeddings).mapKernel(kernel) { rows, values in
            var within = 0.0, equal = 0.0
            for (line, row) in rows.enumerated() {
                for column in 0..<columns where column != row { within += values[line * columns + column] }
                equal += values[line * columns + row]
            }
            return (within, equal)
        }
        within = sums.reduce(0) { $0 + $1.0 }
        equal = sums.reduce(0) { $0 + $1.1 }
    }
}

/// Kernel values summed among groups of embeddings and with a reference: the squared discrepancy of any of their unions
/// follows by a few additions.
public struct KernelSums: Sendable {
    private let reference: KernelReference
    private let counts: [Int]
    /// Over the pairs of two groups, `[groups × groups]`; within a group without those of an embedding with itself.
    private let among: [Double]
    /// Over those.
    private let equal: [Double]
    /// With the reference.
    private let across: [Double]

    /// - Throws: `EmbeddingError` for embeddings of another dimension than the reference's.
    public init(_ groups: [EmbeddingSet], reference: KernelReference) throws {
        guard let first = groups.first else { throw EmbeddingError.empty }
        for group in groups { try group.requireSameDimension(as: first) }
        self.reference = reference
        counts = groups.map(\.count)
        let all = try EmbeddingSet(groups.flatMap(\.values), count: counts.reduce(0, +), dimension: first.dimension)
        let groupCount = groups.count, owners = counts.enumerated().flatMap { [Int](repeating: $0, count: $1) }
        let columns = all.count, others = reference.embeddings.count
        // Blocks of rows are added up in order, so that the number of threads does not matter.
        let inner = try EmbeddingPairs(all, all).mapKernel(reference.kernel) { rows, values in
            var among = [Double](repeating: 0, count: groupCount * groupCount), equal = [Double](repeating: 0, count: groupCount)
            for (line, row) in rows.enumerated() {
                let start = owners[row] * groupCount
                for column in 0..<columns where column != row { among[start + owners[column]] += values[line * columns + column] }
                equal[owners[row]] += values[line * columns + row]
            }
            return (among, equal)
        }
        let outer = try EmbeddingPairs(all, reference.embeddings).mapKernel(reference.kernel) { rows, values in
            var across = [Double](repeating: 0, count: groupCount)
            for (line, row) in rows.enumerated() {
                across[owners[row]] += values[line * others..<(line + 1) * others].reduce(0, +)
            }
            return across
        }
        func sum(_ parts: [[Double]], count: Int) -> [Double] {
            parts.reduce(into: [Double](repeating: 0, count: count)) { sums, part in for index in sums.indices { sums[index] += part[index] } }
        }
        among = sum(inner.map(\.0), count: groupCount * groupCount)
        equal = sum(inner.map(\.1), count: groupCount)
        across = sum(outer, count: groupCount)
    }

    /// The squared maximum mean discrepancy of the union of some groups, which may repeat, from the reference.
    ///
    /// - Throws: ``EmbeddingError/tooFew(count:needed:purpose:)`` where the unbiased estimate has no pair.
    public func squaredMMD(of members: [Int], estimator: KernelDistance.Estimator = .unbiased) throws -> SetDistance {
        let count = members.reduce(0) { $0 + counts[$1] }, others = reference.embeddings.count
        let isUnbiased = estimator == .unbiased
        if isUnbiased, let small = [count, others].first(where: { $0 < 2 }) {
            throw EmbeddingError.tooFew(count: small, needed: 2, purpose: "an unbiased kernel distance")
        }
        guard count > 0 else { throw EmbeddingError.empty }
        var within = 0.0, across = 0.0
        for (place, first) in members.enumerated() {
            for (other, second) in members.enumerated() {
                within += among[first * counts.count + second]
                // The same embedding in two copies of its group is a pair like others.
                if first == second, !isUnbiased || place != other { within += equal[first] }
            }
            across += self.across[first]
        }
        func mean(_ sum: Double, _ count: Int) -> Double { sum / Double(count * (isUnbiased ? count - 1 : count)) }
        let own = mean(within, count), theirs = mean(reference.within + (isUnbiased ? 0 : reference.equal), others)
        let value = own + theirs - 2 * across / Double(count * others)
        let warnings = [count, others].compactMap { SampleSizeWarning.fewPairs(count: $0, dimension: reference.embeddings.dimension) }
        return SetDistance(value: isUnbiased ? value : max(0, value), warnings: warnings)
    }
}
