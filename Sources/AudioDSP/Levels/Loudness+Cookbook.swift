import Foundation

extension Loudness {
    /// What ``cookbook(_:sampleRate:)`` gives for silence.
    public static let cookbookFloor = -70.0

    /// Integrated loudness of one channel in LUFS as Scaper measures it, with pyloudnorm: the two filters of
    /// BS.1770 are audio-EQ-cookbook biquads (a shelf of +4 dB at 1500 Hz, Q 1/√2, and a high pass at 38 Hz, Q 1/2),
    /// signals under half a second are repeated until they are that long, and nothing is below -70.
    ///
    /// At 16 kHz it differs from ``integrated(_:sampleRate:weights:)`` by some tenths of a dB.
    ///
    /// - Parameter sampleRate: In Hz, above 3 kHz.
    /// - Throws: `SignalError` for an empty signal, samples that are no numbers, and too low a rate.
    public static func cookbook(_ signal: [Float], sampleRate: Int) throws -> Double {
        guard sampleRate > 3000 else {
            throw SignalError.invalidSetting(
                operation: "Loudness", reason: "the sample rate must be above 3 kHz, not \(sampleRate) Hz")
        }
        guard !signal.isEmpty else { throw SignalError.tooShort(operation: "Loudness", samples: 0, needed: 1) }
        try requireFinite(signal, "Loudness")
        var samples = signal
        while 2 * samples.count < sampleRate { samples += signal }
        let sums = cumulativePower(samples, filters: cookbookFilters(sampleRate: Double(sampleRate)))
        let block = 0.4 * Double(sampleRate), hop = 0.25 * block
        let count = max(1, Int(((Double(samples.count) - block) / hop).rounded(.toNearestOrEven)) + 1)
        let powers = (0..<count).map { index in
            // The last block may reach past the end, where there is silence.
            let end = min(samples.count, Int(Double(index) * hop + block))
            return (sums[end] - sums[min(end, Int(Double(index) * hop))]) / block
        }
        let audible = powers.filter { loudness($0) >= cookbookFloor }
        guard !audible.isEmpty else { return cookbookFloor }
        let gate = loudness(mean(audible)) - 10
        let loud = audible.filter { loudness($0) > gate }
        return loud.isEmpty ? cookbookFloor : max(cookbookFloor, loudness(mean(loud)))
    }

    private static func cookbookFilters(sampleRate: Double) -> (shelf: Biquad, highPass: Biquad) {
        (
            .highShelf(frequency: 1500, gain: 4, quality: 0.5.squareRoot(), sampleRate: sampleRate),
            // The cookbook's high pass is the bilinear transform of Butterworth's form with its Q.
            .highPass(frequency: 38, sampleRate: sampleRate, quality: 0.5)
        )
    }
}
