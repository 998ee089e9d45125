import Foundation

/// Rational resampling with the Kaiser-windowed filter of Octave's `resample`, in double precision.
///
/// STOI is defined on its output: a better filter moves ESTOI by more than 0.01.
struct OctaveResampler {
    private let up: Int
    private let down: Int
    private let half: Int
    /// Taps of phase `p`: `phases[p][i]` weighs the input `i` samples before the newest.
    private let phases: [[Double]]

    init(from inputRate: Int, to outputRate: Int) {
        let divisor = Self.greatestCommonDivisor(inputRate, outputRate)
        (up, down) = (outputRate / divisor, inputRate / divisor)
        let taps = Self.filter(up: up, down: down)
        half = taps.count / 2
        let (up, sum) = (up, taps.reduce(0, +))
        phases = (0..<up).map { phase in
            stride(from: phase, to: taps.count, by: up).map { taps[$0] * Double(up) / sum }
        }
    }

    /// `ceil(N up / down)` samples, without delay.
    func callAsFunction(_ signal: [Float]) -> [Double] {
        let count = (signal.count * up + down - 1) / down
        return [Double](unsafeUninitializedCapacity: count) { output, initialized in
            signal.withUnsafeBufferPointer { signal in
                for index in 0..<count {
                    let position = index * down + half
                    let newest = position / up
                    output[index] = phases[position % up].withUnsafeBufferPointer { taps in
                        let first = max(0, newest - signal.count + 1), last = min(taps.count, newest + 1)
                        var sum = 0.0
                        for tap in first..<max(first, last) { sum += taps[tap] * Double(signal[newest - tap]) }
                        return sum
                    }
                }
            }
            initialized = count
        }
    }

    /// Low pass at half the lower rate, its stop band 60 dB down, before it is scaled.
    private static func filter(up: Int, down: Int) -> [Double] {
        let rejection = 60.0
        let cutoff = 1 / (2 * Double(max(up, down)))
        let half = Int(((rejection - 8) / (28.714 * cutoff / 10)).rounded(.up))
        let beta = 0.1102 * (rejection - 8.7)
        return (-half...half).map { index in
            let t = Double(index), angle = 2 * .pi * cutoff * t
            let sinc = index == 0 ? 1 : sin(angle) / angle
            let ratio = t / Double(half)
            return sinc * besselI0(beta * (1 - ratio * ratio).squareRoot()) / besselI0(beta)
        }
    }

    /// Modified Bessel function of the first kind and order zero, by its power series.
    private static func besselI0(_ x: Double) -> Double {
        var (sum, term, k) = (1.0, 1.0, 1.0)
        while term > sum * 1e-17 {
            term *= (x / (2 * k)) * (x / (2 * k))
            sum += term
            k += 1
        }
        return sum
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
