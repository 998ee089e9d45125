/// Fidelity and diversity of generated embeddings, from balls around embeddings that reach to their k-th neighbour.
///
/// Density and coverage: M. Naeem et al., "Reliable fidelity and diversity metrics for generative models", 2020.
/// Precision and recall: T. Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models",
/// 2019. As in their programs a ball does not hold its surface.
public struct NeighbourScores: Sendable, Equatable {
    /// The mean number of reference balls that hold a generated embedding, over k; may exceed 1.
    public let density: Double
    /// The share of reference balls that hold a generated embedding.
    public let coverage: Double
    /// The share of generated embeddings in some reference ball.
    public let precision: Double
    /// The share of reference embeddings in some ball of a generated one.
    public let recall: Double
    public let warnings: [SampleSizeWarning]

    /// - Parameter neighbours: The k; must be below the size of either set.
    public init(of set: EmbeddingSet, reference: EmbeddingSet, neighbours: Int = 5) throws {
        guard neighbours > 0 else {
            throw EmbeddingError.invalidSetting("The number of neighbours must be positive, not \(neighbours).")
        }
        for side in [set, reference] where side.count <= neighbours {
            throw EmbeddingError.tooFew(
                count: side.count, needed: neighbours + 1, purpose: "balls that reach to neighbour \(neighbours)")
        }
        let reach = try Self.reach(reference, neighbours), ownReach = try Self.reach(set, neighbours)
        let columns = set.count
        struct Block {
            var hits = 0, covered = 0, recalled = 0
            var isHit: [Bool]
        }
        let blocks = try EmbeddingPairs(reference, set).mapSquaredDistances { rows, distances in
            var block = Block(isHit: [Bool](repeating: false, count: columns))
            for (line, row) in rows.enumerated() {
                var isCovered = false, isRecalled = false
                for column in 0..<columns {
                    let distance = distances[line * columns + column]
                    if distance < reach[row] {
                        block.hits += 1
                        block.isHit[column] = true
                        isCovered = true
                    }
                    isRecalled = isRecalled || distance < ownReach[column]
                }
                block.covered += isCovered ? 1 : 0
                block.recalled += isRecalled ? 1 : 0
            }
            return block
        }
        let (m, n) = (Double(set.count), Double(reference.count))
        density = Double(blocks.reduce(0) { $0 + $1.hits }) / (Double(neighbours) * m)
        coverage = Double(blocks.reduce(0) { $0 + $1.covered }) / n
        recall = Double(blocks.reduce(0) { $0 + $1.recalled }) / n
        precision = Double((0..<columns).count { column in blocks.contains { $0.isHit[column] } }) / m
        warnings = [set, reference].compactMap(SampleSizeWarning.fewPairs)
    }

    /// The squared distance of every embedding to its k-th nearest other one.
    private static func reach(_ set: EmbeddingSet, _ neighbours: Int) throws -> [Double] {
        let columns = set.count
        return try EmbeddingPairs(set, set).mapSquaredDistances { rows, distances in
            rows.enumerated().map { line, row in
                var others = Array(distances[line * columns..<(line + 1) * columns])
                others.remove(at: row)
                return selectSmallest(neighbours - 1, of: &others)
            }
        }.flatMap { $0 }
    }
}
