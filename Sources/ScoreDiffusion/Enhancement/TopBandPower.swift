import Foundation

/// The power of a segment's highest band over time: above 70 % of the model's band, over 32 ms.
///
/// What lies above the model's own band cannot be judged by it. Hiss and sibilants reach up from below, so there the
/// gain of the model's highest band is applied: the ratio of the powers behind and before the model, at most 1.
struct TopBandPower: Sendable {
    private let sampleRate: Int
    private let window: Int

    init(sampleRate: Int) {
        self.sampleRate = sampleRate
        window = max(1, sampleRate * 16 / 1000)
    }

    /// One value per sample.
    func callAsFunction(_ samples: [Float]) -> [Float] {
        movingAverage(highPassed(samples).map { $0 * $0 }, reach: window).map { Float(max(0, $0)) }
    }

    /// The gain that follows from the powers before and behind the model.
    static func gain(before: Float, after: Float) -> Float { min(1, (after / (before + 1e-12)).squareRoot()) }

    /// Two Butterworth sections of second order.
    private func highPassed(_ samples: [Float]) -> [Double] {
        let angle = 0.7 * Double.pi
        var signal = samples.map(Double.init)
        for quality in [0.54119610, 1.3065630] {
            let alpha = sin(angle) / (2 * quality), cosine = cos(angle)
            let (b0, b1) = ((1 + cosine) / 2 / (1 + alpha), -(1 + cosine) / (1 + alpha))
            let (a1, a2) = (-2 * cosine / (1 + alpha), (1 - alpha) / (1 + alpha))
            var (state1, state2) = (0.0, 0.0)
            for index in signal.indices {
                let input = signal[index]
                let output = b0 * input + state1
                state1 = b1 * input - a1 * output + state2
                state2 = b0 * input - a2 * output
                signal[index] = output
            }
        }
        return signal
    }
}

/// Means over `reach` values to either side, fewer at the ends.
func movingAverage(_ values: [Double], reach: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: values.count + 1)
    for index in values.indices { sums[index + 1] = sums[index] + values[index] }
    return values.indices.map { index in
        let (low, high) = (max(0, index - reach), min(values.count, index + reach + 1))
        return (sums[high] - sums[low]) / Double(high - low)
    }
}
