import Foundation

/// Rational resampling with the Kaiser-windowed filter of Octave's `resample`, in double precision.
///
/// STOI is defined on its output: a better filter moves ESTOI by more than 0.01.
struct OctaveResampler {
    private let up: Int
    private let down: Int
    private let half: Int
    /// Taps of each phase in the order of time, the last weighs the newest input; as many for each, zeros first.
    private let phases: [[Double]]
    private let tapCount: Int

    init(from inputRate: Int, to outputRate: Int) {
        let divisor = Self.greatestCommonDivisor(inputRate, outputRate)
        (up, down) = (outputRate / divisor, inputRate / divisor)
        let taps = Self.filter(up: up, down: down)
        half = taps.count / 2
        let (up, sum) = (up, taps.reduce(0, +))
        let tapCount = ((taps.count + up - 1) / up + 3) / 4 * 4
        self.tapCount = tapCount
        phases = (0..<up).map { phase in
            let taps = stride(from: phase, to: taps.count, by: up).map { taps[$0] * Double(up) / sum }
            return [Double](repeating: 0, count: tapCount - taps.count) + taps.reversed()
        }
    }

    /// `ceil(N up / down)` samples, without delay.
    func callAsFunction(_ signal: [Float]) -> [Double] {
        let count = (signal.count * up + down - 1) / down
        let edge = [Double](repeating: 0, count: tapCount)
        let padded = edge + signal.map { Double($0) } + edge
        return [Double](unsafeUninitializedCapacity: count) { output, initialized in
            padded.withUnsafeBufferPointer { padded in
                for index in 0..<count {
                    let position = index * down + half
                    // The newest input is one before the end of the taps.
                    let start = min(position / up + 1, signal.count + tapCount)
                    output[index] = phases[position % up].withUnsafeBufferPointer { taps in
                        Self.product(taps.baseAddress!, padded.baseAddress! + start, tapCount)
                    }
                }
            }
            initialized = count
        }
    }

    /// The sum of products of `count` numbers, a multiple of four.
    private static func product(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
        var sums = SIMD4<Double>.zero
        for index in stride(from: 0, to: count, by: 4) {
            sums += SIMD4(a[index], a[index + 1], a[index + 2], a[index + 3])
                * SIMD4(b[index], b[index + 1], b[index + 2], b[index + 3])
        }
        return sums.sum()
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
