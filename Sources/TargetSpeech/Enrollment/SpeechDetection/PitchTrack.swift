import AudioDSP
import Foundation

/// Pitch and voicing every 10 ms by normalised autocorrelation, between 70 and 400 Hz.
struct PitchTrack {
    struct Frame {
        /// In Hz.
        var pitch: Double
        /// The normalised autocorrelation at the period, up to 1.
        var clarity: Double
        /// Mean square.
        var power: Double
    }

    private(set) var frames: [Frame] = []

    private static let rate = 4000
    private static let hop = 40
    private static let window = 160
    private static let lags = 10...57

    /// - Parameter signal: at 16 kHz.
    init(_ signal: [Float]) throws {
        let low = try Resampler.resample(signal, from: 16_000, to: Self.rate, quality: .high).map { Double($0) }
        let span = Self.window + Self.lags.upperBound + 1
        guard low.count >= span else { return }
        var correlation = [Double](repeating: 0, count: Self.lags.upperBound + 2)
        for start in stride(from: 0, through: low.count - span, by: Self.hop) {
            frames.append(Self.frame(low, start, &correlation))
        }
    }

    private static func frame(_ signal: [Double], _ start: Int, _ correlation: inout [Double]) -> Frame {
        func product(_ first: Int, _ second: Int) -> Double {
            var sum = 0.0
            for index in 0..<window { sum += signal[first + index] * signal[second + index] }
            return sum
        }
        let energy = product(start, start)
        guard energy > 0 else { return Frame(pitch: 0, clarity: 0, power: 0) }
        let first = start + lags.lowerBound - 1
        var shifted = product(first, first)
        for lag in lags.lowerBound - 1...lags.upperBound + 1 {
            correlation[lag] = product(start, start + lag) / (energy * shifted + 1e-30).squareRoot()
            let leaving = signal[start + lag], entering = start + lag + window
            if entering < signal.count { shifted = max(0, shifted + signal[entering] * signal[entering] - leaving * leaving) }
        }
        let highest = lags.reduce(-1) { max($0, correlation[$1]) }
        // The shortest period that explains the frame almost as well, so that the octave below is not taken.
        let period = lags.first { lag in
            correlation[lag] >= 0.9 * highest && correlation[lag] >= correlation[lag - 1]
                && correlation[lag] >= correlation[lag + 1]
        } ?? lags.lowerBound
        let (before, peak, after) = (correlation[period - 1], correlation[period], correlation[period + 1])
        let bend = before - 2 * peak + after
        let offset = bend < 0 ? max(-0.5, min(0.5, 0.5 * (before - after) / bend)) : 0
        return Frame(pitch: Double(rate) / (Double(period) + offset), clarity: peak, power: energy / Double(window))
    }

    /// Frames within 15 dB of the mean power.
    var loudFrames: [Frame] {
        let mean = frames.reduce(0) { $0 + $1.power } / Double(max(1, frames.count))
        return frames.filter { $0.power > 0.03 * mean }
    }

    /// Pitch changes from one voiced frame to the next, in cents; octave errors and note changes are left out.
    func glides(clarity: Double) -> [Double] {
        zip(frames, frames.dropFirst()).compactMap { first, second in
            guard min(first.clarity, second.clarity) >= clarity else { return nil }
            let cents = abs(1200 * log2(second.pitch / first.pitch))
            return cents < 300 ? cents : nil
        }
    }
}
