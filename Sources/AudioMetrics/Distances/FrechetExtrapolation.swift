import NeuralCore

/// The Fréchet distance extrapolated to infinitely many embeddings ("FAD∞").
///
/// Distances of ever larger samples lie near a line in `1/n`; its intercept is free of most of the bias that comes from
/// the sample's size. The draws follow from a seed, so the same embeddings give the same number.
///
/// A. Gui et al., "Adapting Fréchet audio distance for generative music evaluation", 2024, after M. Chong and D. Forsyth,
/// "Effectively unbiased FID and inception score and where to find them", 2020.
public struct FrechetExtrapolation: Sendable, Equatable {
    public struct Options: Sendable, Equatable {
        /// Embeddings in the smallest draw; must exceed the dimension.
        public var smallest = 500
        /// Sizes between the smallest draw and the whole set.
        public var draws = 25
        public var seed: UInt64 = 0
        /// Whether an embedding may be drawn twice, as the published program does; that shrinks covariances a little.
        public var withReplacement = true
        public init() {}
    }

    /// The intercept of the line: the distance of infinitely many embeddings.
    public let value: Double
    /// By how much the distance of `n` embeddings exceeds `value`, times `n`.
    public let slope: Double
    /// The share of the draws' variance that the line explains.
    public let determination: Double
    /// The sizes that were drawn, and their distances.
    public let points: [Point]

    public struct Point: Sendable, Equatable {
        public let count: Int
        public let distance: Double

        public init(count: Int, distance: Double) { (self.count, self.distance) = (count, distance) }
    }

    /// - Throws: ``EmbeddingError/tooFew(count:needed:purpose:)`` unless there are more embeddings than the smallest
    ///   draw takes, and that is more than the dimension.
    public init(
        of set: EmbeddingSet, reference: GaussianStatistics, options: Options = Options()
    ) throws {
        guard options.draws >= 2, options.smallest >= 2 else {
            throw EmbeddingError.invalidSetting("FAD∞ needs at least 2 draws of at least 2 embeddings.")
        }
        let purpose = "FAD∞ with draws from \(options.smallest)"
        guard options.smallest > set.dimension else {
            throw EmbeddingError.invalidSetting(
                "FAD∞ must draw more embeddings than their \(set.dimension) dimensions, not \(options.smallest).")
        }
        guard set.count > options.smallest else {
            throw EmbeddingError.tooFew(count: set.count, needed: options.smallest + 1, purpose: purpose)
        }
        let sizes = Self.sizes(from: options.smallest, to: set.count, count: options.draws)
        let points = try parallelMap(sizes.count) { index in
            Result {
                var rng = Philox(seed: options.seed, stream: UInt64(index))
                let drawn = Self.draw(sizes[index], of: set.count, options: options, using: &rng)
                let distance = try FrechetDistance.value(GaussianStatistics(set.selecting(drawn)), reference)
                return Point(count: sizes[index], distance: distance)
            }
        }.map { try $0.get() }
        try self.init(fitting: points)
    }

    /// Least squares of the distance over `1/n`, from points of at least two sizes.
    public init(fitting points: [Point]) throws {
        let xs = points.map { 1 / Double($0.count) }, ys = points.map(\.distance)
        let n = Double(points.count)
        let meanX = xs.reduce(0, +) / n, meanY = ys.reduce(0, +) / n
        let variance = xs.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
        guard points.count >= 2, variance > 0 else {
            throw EmbeddingError.tooFew(count: points.count, needed: 2, purpose: "a line through samples of several sizes")
        }
        let slope = zip(xs, ys).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / variance
        let intercept = meanY - slope * meanX
        let residual = zip(xs, ys).reduce(0) {
            let error = $1.1 - intercept - slope * $1.0
            return $0 + error * error
        }
        let total = ys.reduce(0) { $0 + ($1 - meanY) * ($1 - meanY) }
        (value, self.slope, self.points) = (intercept, slope, points)
        determination = total > 0 ? 1 - residual / total : 1
    }

    static func sizes(from smallest: Int, to largest: Int, count: Int) -> [Int] {
        (0..<count).map { smallest + (largest - smallest) * $0 / (count - 1) }
    }

    private static func draw(_ count: Int, of total: Int, options: Options, using rng: inout Philox) -> [Int] {
        guard !options.withReplacement else { return (0..<count).map { _ in rng.nextInt(below: total) } }
        var indices = Array(0..<total)
        for position in 0..<count { indices.swapAt(position, position + rng.nextInt(below: total - position)) }
        return Array(indices[..<count])
    }
}
