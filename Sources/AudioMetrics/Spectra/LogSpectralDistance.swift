import Foundation

/// How far the log power spectra of two signals are apart, averaged over time: 0 for equal ones.
///
/// A gain counts, polarity and small delays hardly. Power spectra are floored at 1e-10 (samples in [-1, 1], unscaled
/// transforms); where one of the two is digital silence the floor decides the value.
public enum LogSpectralDistance {
    /// In units of log10 of power, as the literature on band-width extension prints it (Wang and Wang, "Towards robust
    /// speech super-resolution", 2021); ten times the value is in dB.
    ///
    /// Frames of 2048 samples every 512, periodic Hann windows, the signal reflected at its ends.
    /// At least 1025 samples are needed.
    public static func bels(reference: [Float], estimate: [Float]) throws -> MetricValue {
        try checkPair(reference: reference, estimate: estimate)
        let length = 2048, hop = 512
        guard reference.count > length / 2 else {
            return .undefined(.tooShort(samples: reference.count, needed: length / 2 + 1))
        }
        return .defined(
            try distance(
                reflected(reference, by: length / 2), reflected(estimate, by: length / 2), length: length, hop: hop,
                frameCount: 1 + reference.count / hop))
    }

    /// In dB, over whole frames of 32 ms with half overlap and periodic Hann windows.
    public static func decibels(reference: [Float], estimate: [Float], sampleRate: Int) throws -> MetricValue {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        try checkPair(reference: reference, estimate: estimate)
        let length = max(2, sampleRate * 32 / 1000), hop = length / 2
        guard reference.count >= length else {
            return .undefined(.tooShort(samples: reference.count, needed: length))
        }
        let bels = try distance(
            reference.map { Double($0) }, estimate.map { Double($0) }, length: length, hop: hop,
            frameCount: (reference.count - (length - hop)) / hop)
        return .defined(10 * bels)
    }

    private static let floor = 1e-10

    private static func distance(
        _ reference: [Double], _ estimate: [Double], length: Int, hop: Int, frameCount: Int
    ) throws -> Double {
        let window = (0..<length).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(length)) }
        let frames = try PowerFrames(window: window, length: length)
        var x = [Double](repeating: 0, count: frames.binCount), y = x, sum = 0.0
        for frame in 0..<frameCount {
            frames.analyze(reference, at: frame * hop, into: &x)
            frames.analyze(estimate, at: frame * hop, into: &y)
            var squares = 0.0
            for bin in 0..<frames.binCount {
                let difference = log10(max(x[bin], floor) / max(y[bin], floor))
                squares += difference * difference
            }
            sum += (squares / Double(frames.binCount)).squareRoot()
        }
        return sum / Double(frameCount)
    }

    /// The signal with `edge` samples of its mirror image before and after it.
    private static func reflected(_ signal: [Float], by edge: Int) -> [Double] {
        let last = signal.count - 1
        return (-edge..<signal.count + edge).map { index in
            Double(signal[index < 0 ? -index : index > last ? 2 * last - index : index])
        }
    }
}
