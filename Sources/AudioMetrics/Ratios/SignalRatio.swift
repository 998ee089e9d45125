import Foundation

/// Ratios of energies over the whole signal, in dB. Sums are in double precision.
public enum SignalRatio {
    /// Scale-invariant signal-to-distortion ratio (Le Roux et al., "SDR: half-baked or well done?", 2019).
    ///
    /// With `a = ⟨estimate, reference⟩ / ⟨reference, reference⟩` it is
    /// `10 log10(|a reference|² / |estimate − a reference|²)`. Infinite for a scaled copy, minus infinity where
    /// the estimate holds nothing of the reference. A delay of a few samples ruins it.
    ///
    /// - Parameter removingMean: Whether each signal's mean is subtracted first. Not the default: results with
    ///   and without are not comparable.
    public static func siSDR(
        reference: [Float], estimate: [Float], removingMean: Bool = false
    ) throws -> MetricValue {
        try checkPair(reference: reference, estimate: estimate)
        guard !reference.isEmpty else { return .undefined(.tooShort(samples: 0, needed: 1)) }
        let (s, y) = removingMean
            ? (mean(reference), mean(estimate)) : (0, 0)
        var (ss, sy) = (0.0, 0.0)
        for index in reference.indices {
            let (a, b) = (Double(reference[index]) - s, Double(estimate[index]) - y)
            ss += a * a
            sy += a * b
        }
        guard ss > 0 else { return .undefined(.silentReference) }
        let scale = sy / ss
        var distortion = 0.0
        for index in reference.indices {
            let difference = Double(estimate[index]) - y - scale * (Double(reference[index]) - s)
            distortion += difference * difference
        }
        return .defined(ratio(scale * scale * ss, distortion))
    }

    /// Signal-to-noise ratio `10 log10(|reference|² / |reference − estimate|²)`.
    public static func snr(reference: [Float], estimate: [Float]) throws -> MetricValue {
        try checkPair(reference: reference, estimate: estimate)
        guard !reference.isEmpty else { return .undefined(.tooShort(samples: 0, needed: 1)) }
        var (signal, noise) = (0.0, 0.0)
        for index in reference.indices {
            let value = Double(reference[index]), difference = value - Double(estimate[index])
            signal += value * value
            noise += difference * difference
        }
        guard signal > 0 else { return .undefined(.silentReference) }
        return .defined(ratio(signal, noise))
    }

    private static func mean(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) } / Double(values.count)
    }

    /// In dB; a numerator of zero is minus infinity even over zero.
    private static func ratio(_ signal: Double, _ noise: Double) -> Double {
        guard signal > 0 else { return -.infinity }
        return noise > 0 ? 10 * log10(signal / noise) : .infinity
    }
}
