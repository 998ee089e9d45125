import Foundation

/// A quick look at where speech is: a fixed point with the margin of ITU-T P.56, the mean power of the 16 ms frames
/// that lie no more than 15.9 dB below that mean. Without P.56's hangover, so pauses between syllables do not count.
enum ActivityGate {
    private static let margin = pow(Float(10), -1.59)

    /// Active level in dB re full scale, or `nil` for silence.
    static func level(of signal: [Float], sampleRate: Int) -> Float? {
        let (level, _) = gate(signal, sampleRate: sampleRate)
        return level > 0 ? 10 * log10(level) : nil
    }

    /// The share of frames that count as active relative to the loudest parts.
    static func activeShare(of signal: [Float], sampleRate: Int) -> Float {
        gate(signal, sampleRate: sampleRate).share
    }

    private static func gate(_ signal: [Float], sampleRate: Int) -> (power: Float, share: Float) {
        let size = max(1, sampleRate * 16 / 1000)
        let frames = stride(from: 0, to: signal.count, by: size).map { start in
            power(of: signal[start..<min(start + size, signal.count)])
        }
        guard !frames.isEmpty else { return (0, 0) }
        var level = frames.reduce(0, +) / Float(frames.count), share: Float = 1
        guard level > 0 else { return (0, 0) }
        for _ in 0..<20 {
            let active = frames.filter { $0 >= level * margin }
            let next = active.reduce(0, +) / Float(max(1, active.count))
            share = Float(active.count) / Float(frames.count)
            if abs(next - level) <= 1e-4 * level { break }
            level = next
        }
        return (level, share)
    }

    /// Mean power of a signal.
    static func power(of signal: ArraySlice<Float>) -> Float {
        signal.withUnsafeBufferPointer { samples in
            guard let base = samples.baseAddress, !samples.isEmpty else { return 0 }
            var sums = SIMD8<Float>.zero
            let blocks = samples.count / 8
            for block in 0..<blocks {
                let values = UnsafeRawPointer(base + 8 * block).loadUnaligned(as: SIMD8<Float>.self)
                sums += values * values
            }
            var sum = sums.sum()
            for index in (8 * blocks)..<samples.count { sum += samples[index] * samples[index] }
            return sum / Float(samples.count)
        }
    }
}
