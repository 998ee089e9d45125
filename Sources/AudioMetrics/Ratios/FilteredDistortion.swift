import AudioDSP
import Foundation

/// Signal-to-distortion ratio of BSS Eval, version 3 (Vincent, Gribonval and Févotte, "Performance measurement in
/// blind audio source separation", 2006).
///
/// The estimate may be the reference through any filter of 512 taps for free: with `t` the best such approximation it
/// is `10 log10(|t|² / |estimate − t|²)`. Gains, polarity, delays up to 511 samples and colourings therefore do not
/// count; reverberation and noise do.
public enum FilteredDistortion {
    /// The filter's length.
    public static let tapCount = 512

    /// Beyond this many dB rounding decides; the value is then infinite.
    public static let limit = 150.0

    /// In dB; minus infinity where the estimate holds nothing of the reference.
    public static func sdr(reference: [Float], estimate: [Float]) throws -> MetricValue {
        try checkPair(reference: reference, estimate: estimate)
        guard !reference.isEmpty else { return .undefined(.tooShort(samples: 0, needed: 1)) }
        let reach = tapCount - 1
        let own = try PreciseTransform.crossCorrelation(reference, reference, longestLag: reach)[reach...]
        guard own.first! > 0 else { return .undefined(.silentReference) }
        let cross = try PreciseTransform.crossCorrelation(reference, estimate, longestLag: reach)[reach...]
        let filter = Self.system(Array(own)).solve(Array(cross))
        let target = try PreciseTransform.convolution(reference.map { Double($0) }, filter)
        var signal = 0.0, distortion = 0.0
        for (index, value) in target.enumerated() {
            let difference = (index < estimate.count ? Double(estimate[index]) : 0) - value
            signal += value * value
            distortion += difference * difference
        }
        guard signal > 0 else { return .defined(-.infinity) }
        let decibels = distortion > 0 ? 10 * log10(signal / distortion) : .infinity
        return .defined(decibels < limit ? decibels : .infinity)
    }

    /// The reference's own matrix, with as much added to its diagonal as it takes to factor it: nothing for recordings,
    /// some 1e-15 of it for pure tones.
    static func system(_ correlation: [Double]) -> ToeplitzSystem {
        var column = correlation, load = 1e-15
        while true {
            if let system = ToeplitzSystem(firstColumn: column) { return system }
            column[0] = correlation[0] * (1 + load)
            load *= 4
        }
    }
}
