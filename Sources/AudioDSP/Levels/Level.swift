import Foundation

/// Plain levels in dB relative to full scale (an amplitude of 1), summed in double precision.
public enum Level {
    /// Mean of the squared samples; 0 for none.
    public static func meanSquare(_ signal: [Float]) -> Double {
        signal.isEmpty ? 0 : energy(signal) / Double(signal.count)
    }

    /// Sum of the squared samples.
    public static func energy(_ signal: [Float]) -> Double {
        signal.withUnsafeBufferPointer { signal in
            // Four sums in turn, which the compiler can keep in vector registers.
            var sums = SIMD4<Double>.zero
            let whole = signal.count & ~3
            for index in stride(from: 0, to: whole, by: 4) {
                let values = SIMD4<Double>(
                    Double(signal[index]), Double(signal[index + 1]), Double(signal[index + 2]),
                    Double(signal[index + 3]))
                sums += values * values
            }
            var sum = sums.sum()
            for index in whole..<signal.count { sum += Double(signal[index]) * Double(signal[index]) }
            return sum
        }
    }

    /// The largest magnitude.
    public static func peak(_ signal: [Float]) -> Float {
        signal.reduce(0) { max($0, abs($1)) }
    }

    /// Root mean square in dB; minus infinity for silence.
    public static func rms(_ signal: [Float]) -> Double { decibels(power: meanSquare(signal)) }

    /// `10 log10(power)`.
    public static func decibels(power: Double) -> Double { power > 0 ? 10 * log10(power) : -.infinity }

    /// `20 log10(amplitude)`.
    public static func decibels(amplitude: Double) -> Double { decibels(power: amplitude * amplitude) }

    /// The factor that `decibels` stand for, `10^(decibels / 20)`.
    public static func gain(decibels: Double) -> Double { pow(10, decibels / 20) }

    /// `signal` times `gain`.
    public static func scaled(_ signal: [Float], by gain: Double) -> [Float] {
        signal.map { Float(Double($0) * gain) }
    }
}
