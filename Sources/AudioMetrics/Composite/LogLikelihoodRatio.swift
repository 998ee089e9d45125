import Foundation

/// How much worse the estimate's linear prediction fits the reference than the reference's own: 0 for equal spectral
/// envelopes (Quackenbush, Barnwell and Clements, "Objective measures of speech quality", 1988).
public enum LogLikelihoodRatio {
    /// The mean over the 95 % best frames of 30 ms, prediction of order 16 (10 below 10 kHz).
    ///
    /// - Parameter cap: The most a frame may count: 2 where the measure stands alone, nothing inside the composites.
    public static func measure(
        reference: [Float], estimate: [Float], sampleRate: Int, cap: Double? = 2
    ) throws -> MetricValue {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        try checkPair(reference: reference, estimate: estimate)
        let values = frames(reference: reference, estimate: estimate, sampleRate: sampleRate)
        guard values.count > 1 else {
            let frames = ShortFrames(sampleRate: sampleRate)
            return .undefined(.tooShort(samples: reference.count, needed: frames.length + 2 * frames.hop))
        }
        return .defined(trimmedMean(cap.map { cap in values.map { min($0, cap) } } ?? values))
    }

    /// One value a frame, the last frame left out.
    static func frames(reference: [Float], estimate: [Float], sampleRate: Int) -> [Double] {
        let frames = ShortFrames(sampleRate: sampleRate), order = sampleRate < 10_000 ? 10 : 16
        return (0..<max(0, frames.count(reference.count) - 1)).map { index in
            func prediction(_ signal: [Float]) -> FramePrediction {
                let start = index * frames.hop
                // The smallest offset keeps digital silence from dividing by zero.
                let samples = frames.window.indices.map { frames.window[$0] * (Double(signal[start + $0]) + .ulpOfOne) }
                return FramePrediction(samples, order: order)
            }
            let clean = prediction(reference), degraded = prediction(estimate)
            let ratio = clean.energy(through: degraded.coefficients) / clean.energy(through: clean.coefficients)
            if ratio.isNaN { return .infinity }
            return log(ratio > 0 ? ratio : 1000)
        }
    }
}
