import AudioDSP
import Foundation

/// The arithmetic of scenes on `[ears][samples]`.
public enum SceneSum {
    /// The sum of sources of one shape; `[[]]` for none.
    public static func add(_ sources: [[[Float]]]) -> [[Float]] {
        guard var sum = sources.first else { return [[]] }
        for source in sources.dropFirst() {
            for ear in sum.indices {
                for index in sum[ear].indices { sum[ear][index] += source[ear][index] }
            }
        }
        return sum
    }

    public static func scaled(_ sound: [[Float]], by gain: Float) -> [[Float]] {
        gain == 1 ? sound : sound.map { $0.map { $0 * gain } }
    }

    /// The largest magnitude in all ears.
    public static func peak(_ sound: [[Float]]) -> Float { sound.map(Level.peak).max() ?? 0 }

    /// The clipping rule: what a mixture and its parts are divided by, its peak where that is above one, else one.
    public static func divisor(for mixture: [[Float]]) -> Float { max(1, peak(mixture)) }

    /// Mean square over all ears.
    public static func power(_ sound: [[Float]]) -> Double {
        sound.reduce(0) { $0 + Level.meanSquare($1) } / Double(max(1, sound.count))
    }

    /// The factor for `rest` that puts `target` at `ratio` dB over it, both measured over all ears together.
    ///
    /// - Throws: `SignalError.noActivity` where either is silent.
    public static func restGain(target: [[Float]], rest: [[Float]], ratio: Double) throws -> Double {
        let (wanted, other) = (power(target), power(rest))
        guard wanted > 0, other > 0 else {
            throw SignalError.noActivity(operation: "Mixing", reason: "the \(wanted > 0 ? "rest" : "target") of the scene is silent")
        }
        return (wanted / other).squareRoot() * Level.gain(decibels: -ratio)
    }

    /// Decibels of `target` over `rest`, over all ears together; nil where either is silent.
    public static func ratio(target: [[Float]], rest: [[Float]]) -> Double? {
        let (wanted, other) = (power(target), power(rest))
        return wanted > 0 && other > 0 ? 10 * log10(wanted / other) : nil
    }
}
