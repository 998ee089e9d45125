import AudioDSP

/// Several measures of one pair of signals for the work of their parts.
///
/// ```swift
/// let values = try MetricSuite.measure([.siSDR, .estoi], estimate: noisy, reference: clean, sampleRate: 16_000)
/// print(values[.estoi]!)
/// ```
public enum MetricSuite {
    /// The value of every metric in `metrics`, or the reason why it has none.
    ///
    /// The answer does not depend on what else is measured.
    ///
    /// - Parameters:
    ///   - estimate: One channel, samples in [-1, 1].
    ///   - reference: The same speech, clean, of the same length; may be missing, then metrics that need one are
    ///     undefined.
    ///   - sampleRate: Of both, in Hz; see `Metric.computationRate(for:)`.
    /// - Throws: `MetricError` for pairs that nothing compares: other lengths, a sample that is no number.
    public static func measure(
        _ metrics: [Metric], estimate: [Float], reference: [Float]?, sampleRate: Int
    ) throws -> [Metric: MetricValue] {
        var pair = try MeasuredPair(estimate: estimate, reference: reference, sampleRate: sampleRate)
        var values: [Metric: MetricValue] = [:]
        for metric in metrics where values[metric] == nil { values[metric] = try pair.value(of: metric) }
        return values
    }
}
