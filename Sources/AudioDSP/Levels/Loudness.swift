import Foundation

/// Programme loudness after ITU-R BS.1770-4 (and EBU R 128), in LUFS.
public enum Loudness {
    /// Integrated loudness of channels of one length: K-weighted, over blocks of 400 ms every 100 ms, gated at
    /// -70 LUFS and then at 10 LU under the mean of what passed. Minus infinity where no block passes.
    ///
    /// - Parameters:
    ///   - sampleRate: In Hz. The filters are computed for the rate; conforming figures need 44.1 kHz or more.
    ///   - weights: One per channel; see `channelWeights(count:)`, which is what is taken without it.
    /// - Throws: Under 400 ms, where there is no block.
    public static func integrated(
        _ channels: [[Float]], sampleRate: Int, weights: [Double]? = nil
    ) throws -> Double {
        let weights = weights ?? channelWeights(count: channels.count)
        try check(channels, sampleRate, weights)
        let block = blockLength(sampleRate)
        let frames = channels[0].count
        guard frames >= block else {
            throw SignalError.tooShort(operation: "Loudness", samples: frames, needed: block)
        }
        var starts: [Int] = []
        while true {
            let start = Int((Double(starts.count * sampleRate) / 10).rounded())
            guard start + block <= frames else { break }
            starts.append(start)
        }
        var powers = [Double](repeating: 0, count: starts.count)
        for (channel, weight) in zip(channels, weights) where weight > 0 {
            let sums = cumulativePower(channel, filters: KWeighting.filters(sampleRate: sampleRate))
            for (index, start) in starts.enumerated() {
                powers[index] += weight * (sums[start + block] - sums[start]) / Double(block)
            }
        }
        let audible = powers.filter { loudness($0) > -70 }
        guard !audible.isEmpty else { return -.infinity }
        let gate = loudness(mean(audible)) - 10
        return loudness(mean(audible.filter { loudness($0) > gate }))
    }

    /// The weights of the usual layouts in the order of WAV files: mono, stereo, L R C, L R Ls Rs, L R C Ls Rs,
    /// 5.1 (L R C LFE Ls Rs) and 7.1 (… Lb Rb Ls Rs). Surround channels count 1.41 times, the low-frequency
    /// channel not at all; further channels count once.
    public static func channelWeights(count: Int) -> [Double] {
        switch count {
        case 4: [1, 1, 1.41, 1.41]
        case 5: [1, 1, 1, 1.41, 1.41]
        case 6: [1, 1, 1, 0, 1.41, 1.41]
        case 8: [1, 1, 1, 0, 1, 1, 1.41, 1.41]
        default: [Double](repeating: 1, count: count)
        }
    }

    /// The largest magnitude between and at the samples of all channels, in dBTP: the signal is resampled to
    /// 192 kHz or more first. Minus infinity for silence.
    public static func truePeak(_ channels: [[Float]], sampleRate: Int) throws -> Double {
        try check(channels, sampleRate, channels.map { _ in 1 })
        var factor = 4
        while factor > 1, sampleRate * factor > 384_000 { factor /= 2 }
        var peak: Float = 0
        let piece = 1 << 16
        for channel in channels {
            peak = max(peak, Level.peak(channel))
            guard factor > 1 else { continue }
            let stream = try StreamingResampler(from: sampleRate, to: sampleRate * factor, quality: .high)
            for start in stride(from: 0, to: channel.count, by: piece) {
                let samples = Array(channel[start..<min(start + piece, channel.count)])
                peak = max(peak, Level.peak(try stream.process(samples)))
            }
            peak = max(peak, Level.peak(try stream.flush()[0]))
        }
        return Level.decibels(amplitude: Double(peak))
    }

    private static func check(_ channels: [[Float]], _ sampleRate: Int, _ weights: [Double]) throws {
        guard let first = channels.first else {
            throw SignalError.invalidSetting(operation: "Loudness", reason: "there must be a channel")
        }
        guard sampleRate > 80 else {
            throw SignalError.invalidSetting(
                operation: "Loudness", reason: "the sample rate must be above 80 Hz, not \(sampleRate)")
        }
        guard weights.count == channels.count, channels.allSatisfy({ $0.count == first.count }) else {
            throw SignalError.mismatch(
                operation: "Loudness", reason: "channels must have one length and one weight each")
        }
        for channel in channels { try requireFinite(channel, "Loudness") }
    }

    private static func blockLength(_ sampleRate: Int) -> Int { Int((0.4 * Double(sampleRate)).rounded()) }

    /// `sums[n]` is the energy of the first `n` K-weighted samples.
    static func cumulativePower(_ signal: [Float], filters: (shelf: Biquad, highPass: Biquad)) -> [Double] {
        var (shelf, highPass) = filters
        return [Double](unsafeUninitializedCapacity: signal.count + 1) { sums, initialized in
            var sum = 0.0
            sums[0] = 0
            for index in signal.indices {
                let value = highPass(shelf(Double(signal[index])))
                sum += value * value
                sums[index + 1] = sum
            }
            initialized = signal.count + 1
        }
    }

    static func loudness(_ power: Double) -> Double { -0.691 + Level.decibels(power: power) }

    static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }
}

/// The pre-filter of BS.1770: a shelf of +4 dB for the head, then a high pass (the RLB curve).
///
/// The analogue prototypes behind the standard's table for 48 kHz, transformed for any rate.
enum KWeighting {
    static func filters(sampleRate: Int) -> (shelf: Biquad, highPass: Biquad) {
        let rate = Double(sampleRate)
        var highPass = Biquad.highPass(frequency: 38.13547087613982, sampleRate: rate, quality: 0.5003270373253953)
        // The standard leaves the numerator unscaled.
        (highPass.b0, highPass.b1, highPass.b2) = (1, -2, 1)
        return (shelf(sampleRate: rate), highPass)
    }

    private static func shelf(sampleRate: Double) -> Biquad {
        let quality = 0.7071752369554196
        let high = pow(10, 3.999843853973347 / 20), band = pow(high, 0.4996667741545416)
        let k = tan(.pi * 1681.974450955533 / sampleRate)
        let scale = 1 + k / quality + k * k
        return Biquad(
            b0: (high + band * k / quality + k * k) / scale, b1: 2 * (k * k - high) / scale,
            b2: (high - band * k / quality + k * k) / scale, a1: 2 * (k * k - 1) / scale,
            a2: (1 - k / quality + k * k) / scale)
    }
}
