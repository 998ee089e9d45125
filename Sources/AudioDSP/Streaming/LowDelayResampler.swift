import CSpeexDSP

/// Rate conversion that holds back few samples, by speexdsp's polyphase filters.
///
/// After `n` input frames since the beginning it has given `⌈n · outputRate / inputRate⌉` frames, however they came.
/// For one thread at a time.
final class LowDelayResampler {
    static let qualities = 0...10

    private let inputRate: Int
    private let channels: Int
    /// One for each channel: the library's own way to forget clears only the first of several.
    private var states: [OpaquePointer] = []

    /// - Parameter quality: 0 to 10; the filter has from 8 to 256 taps at the lower of the two rates.
    init(from inputRate: Int, to outputRate: Int, channels: Int, quality: Int) throws {
        for rate in [inputRate, outputRate] where !(1...Resampler.highestRate).contains(rate) {
            throw SignalError.invalidSetting(
                operation: "Rate conversion", reason: "the sample rate must be positive, not \(rate)")
        }
        (self.inputRate, self.channels) = (inputRate, channels)
        for _ in 0..<channels {
            var status: Int32 = 0
            let state = speex_resampler_init(1, UInt32(inputRate), UInt32(outputRate), Int32(quality), &status)
            guard let state else {
                throw SignalError.library(name: "speexdsp", message: String(cString: speex_resampler_strerror(status)))
            }
            states.append(state)
        }
    }

    deinit { for state in states { speex_resampler_destroy(state) } }

    /// In seconds.
    var delay: Double { Double(speex_resampler_get_input_latency(states[0])) / Double(inputRate) }

    /// Converts at most `frames` frames into at most `capacity`, channels the strides apart.
    @inline(__always)
    func process(
        _ input: UnsafePointer<Float>, stride inputStride: Int, frames: Int, into output: UnsafeMutablePointer<Float>,
        stride outputStride: Int, capacity: Int
    ) -> (taken: Int, given: Int) {
        var taken = UInt32(0), given = UInt32(0)
        for channel in 0..<channels {
            taken = UInt32(frames)
            given = UInt32(capacity)
            speex_resampler_process_float(
                states[channel], 0, input + channel * inputStride, &taken, output + channel * outputStride, &given)
        }
        return (Int(taken), Int(given))
    }

    func reset() { for state in states { speex_resampler_reset_mem(state) } }
}
