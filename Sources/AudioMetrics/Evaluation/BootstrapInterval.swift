import NeuralCore

/// How far a mean is to be trusted, from the values themselves.
public enum BootstrapInterval {
    /// The 95 % interval of the mean by the percentile bootstrap: the values are drawn again with replacement, and of the
    /// means of 2,000 such draws the middle 95 % are kept. The same seed gives the same interval.
    ///
    /// - Returns: Nil for fewer than two values.
    ///
    /// B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993.
    public static func mean(of values: [Double], draws: Int = 2_000, seed: UInt64 = 0) -> ClosedRange<Double>? {
        guard values.count > 1 else { return nil }
        let means = parallelMap(draws) { draw in
            var rng = Philox(seed: seed, stream: UInt64(draw))
            return values.indices.reduce(0.0) { sum, _ in sum + values[rng.nextInt(below: values.count)] }
                / Double(values.count)
        }.sorted()
        return quantile(0.025, of: means)...quantile(0.975, of: means)
    }

    /// Between the two nearest of the sorted values.
    private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let position = share * Double(sorted.count - 1), index = Int(position)
        let next = sorted[min(index + 1, sorted.count - 1)]
        return sorted[index] + (position - Double(index)) * (next - sorted[index])
    }
}
