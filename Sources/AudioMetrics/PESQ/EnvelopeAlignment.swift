import AudioDSP

/// Delays by the envelopes of speech activity, in whole blocks.
struct EnvelopeAlignment {
    let reference: [Double]
    let estimate: [Double]

    /// The lag with the largest correlation between the reference's blocks in `range` and as many of the estimate's,
    /// `offset` later; 0 where nothing correlates.
    func lag(in range: Range<Int>, offset: Int) throws -> Int {
        var start = range.lowerBound
        if start + offset < 0 { start = -offset }
        let count = min(range.upperBound, reference.count) - start
        let other = min(count, estimate.count - (start + offset))
        guard count > 1, other > 1 else { return 0 }
        return try Self.lag(
            Array(reference[start..<start + count]), Array(estimate[start + offset..<start + offset + other]))
    }

    /// The lag of the whole signals.
    func lag() throws -> Int { try Self.lag(reference, estimate) }

    private static func lag(_ a: [Double], _ b: [Double]) throws -> Int {
        guard a.contains(where: { $0 > 0 }), b.contains(where: { $0 > 0 }) else { return 0 }
        let reach = max(a.count, b.count) - 1
        let correlation = try PreciseTransform.crossCorrelation(a, b, longestLag: reach)
        var best = 0, height = 0.0
        for lag in 1 - a.count..<b.count where correlation[reach + lag] > height {
            (best, height) = (lag, correlation[reach + lag])
        }
        return best
    }
}
