/// Conversion between sample rates by libsoxr, linear in phase and without delay.
///
/// ```swift
/// let speech = try Resampler.resample(recording, from: 48_000, to: 16_000)
/// ```
public enum Resampler {
    /// What the filters keep and reject. Both are flat to 0.9 of the lower Nyquist frequency.
    public enum Quality: Sendable, Hashable {
        /// 20 bits: aliases are 126 dB down.
        case high
        /// 28 bits: aliases are 175 dB down, and more of the signal must be known before the first output.
        case veryHigh
    }

    /// The frames that `frameCount` frames become: the nearest whole number, halves upwards.
    public static func frameCount(for frameCount: Int, from inputRate: Int, to outputRate: Int) -> Int {
        let (whole, rest) = frameCount.quotientAndRemainder(dividingBy: inputRate)
        return whole * outputRate + (2 * rest * outputRate + inputRate) / (2 * inputRate)
    }

    /// `signal` at another sample rate, in Hz; as long as `frameCount(for:from:to:)` says.
    public static func resample(
        _ signal: [Float], from inputRate: Int, to outputRate: Int, quality: Quality = .veryHigh
    ) throws -> [Float] {
        try resample(channels: [signal], from: inputRate, to: outputRate, quality: quality)[0]
    }

    /// Channels of one length at another sample rate.
    public static func resample(
        channels: [[Float]], from inputRate: Int, to outputRate: Int, quality: Quality = .veryHigh
    ) throws -> [[Float]] {
        guard !channels.isEmpty else { return [] }
        let stream = try StreamingResampler(
            from: inputRate, to: outputRate, channels: channels.count, quality: quality)
        var output = try stream.process(channels)
        for (index, rest) in try stream.flush().enumerated() { output[index] += rest }
        return output
    }

    static let highestRate = 1 << 30
}
