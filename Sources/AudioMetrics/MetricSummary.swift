/// The mean of the values of many pairs, with what was left out.
public struct MetricSummary: Sendable, Equatable {
    /// The mean of the finite values, or nil where there are none.
    public let mean: Double?
    /// Their median, between the two in the middle where their number is even.
    public let median: Double?
    /// The 95 % interval of the mean by the bootstrap, or nil for fewer than two values; see `BootstrapInterval`.
    public let interval: ClosedRange<Double>?
    /// Values in the mean.
    public let count: Int
    /// Values left out because they are infinite.
    public let infiniteCount: Int
    /// Values left out because there was no number.
    public let undefinedCount: Int

    /// - Parameter seed: Of the interval's draws.
    public init(_ values: [MetricValue], seed: UInt64 = 0) {
        let defined = values.compactMap(\.value)
        let finite = defined.filter(\.isFinite), sorted = finite.sorted()
        mean = finite.isEmpty ? nil : finite.reduce(0, +) / Double(finite.count)
        median = finite.isEmpty ? nil : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        interval = BootstrapInterval.mean(of: finite, seed: seed)
        count = finite.count
        infiniteCount = defined.count - finite.count
        undefinedCount = values.count - defined.count
    }
}
