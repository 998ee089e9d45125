import Foundation

/// Conversion between sample rates by a short windowed sinc, for impulse responses: what it adds before and after a
/// response is known and small, where ``Resampler``'s steeper filters ring for long.
///
/// The kernel is `sinc(t) cos²(πt / 2W)` for `|t| < W`, with `W` zero crossings and `t` in periods of the roll-off
/// frequency, 0.99 times the lower Nyquist frequency: torchaudio's `sinc_interp_hann` with its defaults.
public enum SincResampler {
    private static let zeroCrossings = 6.0
    private static let rollOff = 0.99

    /// `signal` at another sample rate: sample `m` of the result is the signal at the time `m / outputRate`.
    ///
    /// - Parameters:
    ///   - inputRate: In Hz, like `outputRate`; both above zero.
    ///   - offset: Input samples (with fractions) at which the result begins; negative for silence before.
    ///   - count: Samples of the result; by default `⌈signal.count · outputRate / inputRate⌉`.
    /// - Throws: `SignalError.invalidSetting` for rates of zero or less.
    public static func resample(
        _ signal: [Float], from inputRate: Int, to outputRate: Int, offset: Double = 0, count: Int? = nil
    ) throws -> [Float] {
        guard inputRate > 0, outputRate > 0, offset.isFinite else {
            throw SignalError.invalidSetting(
                operation: "Resampling", reason: "rates must be positive, not \(inputRate) and \(outputRate) Hz")
        }
        if inputRate == outputRate, offset == 0, count == nil { return signal }
        let ratio = Double(inputRate) / Double(outputRate)
        // Zero crossings of the kernel per input sample.
        let density = rollOff * min(1, 1 / ratio)
        let reach = zeroCrossings / density
        let length = count ?? Int((Double(signal.count) / ratio).rounded(.up))
        return signal.withUnsafeBufferPointer { signal in
            (0..<length).map { index in
                let position = Double(index) * ratio + offset
                let first = max(0, (position - reach).rounded(.up)), last = min(Double(signal.count - 1), (position + reach).rounded(.down))
                guard first <= last else { return 0 }
                var sum = 0.0
                for sample in Int(first)...Int(last) {
                    sum += Double(signal[sample]) * kernel((position - Double(sample)) * density)
                }
                return Float(sum * density)
            }
        }
    }

    private static func kernel(_ t: Double) -> Double {
        guard abs(t) < zeroCrossings else { return 0 }
        let window = cos(.pi * t / (2 * zeroCrossings))
        let angle = Double.pi * t
        return window * window * (abs(angle) < 1e-12 ? 1 : sin(angle) / angle)
    }
}
