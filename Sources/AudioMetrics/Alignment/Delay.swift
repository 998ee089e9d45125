import AudioDSP
import Foundation

/// How much later an estimate is than its reference, by the peak of their cross-correlation.
public struct Delay: Sendable, Equatable {
    /// Samples by which the estimate is late; negative where it is early.
    public let samples: Int
    /// The normalised correlation at that delay, from -1 (inverted polarity) to 1.
    public let correlation: Double

    /// The longest delay that is looked for without being told, in seconds.
    public static let longestSeconds = 1.0

    /// The delay within `longest` samples at which the magnitude of the cross-correlation is largest; of equal ones the
    /// shortest. The lengths may differ.
    ///
    /// - Parameter longest: In samples; at most the length of the longer signal counts.
    /// - Returns: Nil where either signal is empty or silent.
    /// - Throws: `MetricError.notFinite`.
    public static func measure(reference: [Float], estimate: [Float], longest: Int) throws -> Delay? {
        try checkFinite(reference, "reference")
        try checkFinite(estimate, "estimate")
        let energy = (Level.energy(reference) * Level.energy(estimate)).squareRoot()
        guard energy > 0 else { return nil }
        let limit = min(max(0, longest), max(reference.count, estimate.count) - 1)
        let correlation = try PreciseTransform.crossCorrelation(reference, estimate, longestLag: limit)
        var best = limit
        for lag in 0...limit {
            for index in [limit + lag, limit - lag] where abs(correlation[index]) > abs(correlation[best]) { best = index }
        }
        return Delay(samples: best - limit, correlation: max(-1, min(1, correlation[best] / energy)))
    }

    /// The parts of both signals that belong together, of one length.
    public func aligned(reference: [Float], estimate: [Float]) -> (reference: [Float], estimate: [Float]) {
        Self.aligned(reference: reference, estimate: estimate, late: samples)
    }

    /// The same for an estimate that is `late` samples late.
    static func aligned(reference: [Float], estimate: [Float], late: Int) -> (reference: [Float], estimate: [Float]) {
        let made = estimate.dropFirst(max(0, late)), clean = reference.dropFirst(max(0, -late))
        let count = min(made.count, clean.count)
        return (Array(clean.prefix(count)), Array(made.prefix(count)))
    }
}
