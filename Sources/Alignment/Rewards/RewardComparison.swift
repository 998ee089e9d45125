/// How alike two rewards are over the same clips: near 0 apart, one of them is redundant.
public struct RewardComparison: Sendable, Equatable {
    /// Spearman's rank correlation, −1 to 1; equal values share their ranks.
    public let rankCorrelation: Double
    /// √((1 − ρ)/2) with ρ the correlation of what remains when every group's mean is taken away, 0 to 1.
    ///
    /// Rewards that differ by a positive factor and by an amount that depends on the prompt alone favour the same policies
    /// and are 0 apart. J. Skalse et al., "STARC: a general framework for quantifying differences between reward
    /// functions", 2024.
    public let distance: Double
    /// Clips that both rewards are defined for.
    public let count: Int

    /// - Parameter groups: each clip's prompt; all clips are one group if left out.
    /// - Throws: ``AlignmentError/invalid(what:reason:)`` where a reward does not vary over two clips or more.
    public init(_ first: [Double?], _ second: [Double?], groups: [String]? = nil) throws {
        precondition(
            first.count == second.count && groups.map { $0.count == first.count } ?? true, "rewards of different clips")
        let kept = first.indices.filter { first[$0]?.isFinite == true && second[$0]?.isFinite == true }
        let a = kept.map { first[$0]! }, b = kept.map { second[$0]! }, names = kept.map { groups?[$0] ?? "" }
        guard let ranks = Self.correlation(Self.ranks(a), Self.ranks(b)),
            let canonical = Self.correlation(Self.centered(a, names), Self.centered(b, names))
        else {
            throw AlignmentError.invalid(
                what: "The comparison", reason: "over \(kept.count) clips one of the rewards does not vary")
        }
        (rankCorrelation, count) = (ranks, kept.count)
        distance = (max(0, 1 - canonical) / 2).squareRoot()
    }

    private static func centered(_ values: [Double], _ groups: [String]) -> [Double] {
        var sums: [String: (Double, Double)] = [:]
        for (value, group) in zip(values, groups) {
            let old = sums[group] ?? (0, 0)
            sums[group] = (old.0 + value, old.1 + 1)
        }
        return zip(values, groups).map { $0 - sums[$1]!.0 / sums[$1]!.1 }
    }

    /// Ranks from 0; equal values get the mean of theirs.
    static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count), start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = Double(start + end) / 2 }
            start = end + 1
        }
        return ranks
    }

    /// Pearson's; nil where a side does not vary.
    static func correlation(_ a: [Double], _ b: [Double]) -> Double? {
        guard a.count > 1 else { return nil }
        let count = Double(a.count), meanA = a.reduce(0, +) / count, meanB = b.reduce(0, +) / count
        let (xx, yy, xy) = zip(a, b).reduce((0.0, 0.0, 0.0)) { sums, pair in
            let (x, y) = (pair.0 - meanA, pair.1 - meanB)
            return (sums.0 + x * x, sums.1 + y * y, sums.2 + x * y)
        }
        let scale = max(a.map { abs($0) }.max() ?? 0, b.map { abs($0) }.max() ?? 0, .leastNormalMagnitude)
        guard xx > 1e-24 * scale * scale, yy > 1e-24 * scale * scale else { return nil }
        return min(max(xy / (xx * yy).squareRoot(), -1), 1)
    }
}
