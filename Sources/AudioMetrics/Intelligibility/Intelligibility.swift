/// Short-time objective intelligibility and its extended form, with the numbers of the Python package `pystoi`.
///
/// The arguments are not interchangeable: frames are chosen by the reference. Gain does not matter, delay does.
public enum Intelligibility {
    /// STOI (Taal et al., "An algorithm for intelligibility prediction of time-frequency weighted noisy speech",
    /// 2011): about 0 for noise, 1 for a perfect estimate.
    ///
    /// - Parameter sampleRate: In Hz, at least 8000; everything is compared at 10 kHz.
    public static func stoi(reference: [Float], estimate: [Float], sampleRate: Int) throws -> MetricValue {
        try segments(reference, estimate, sampleRate).map { $0.stoi() }.metricValue
    }

    /// ESTOI (Jensen and Taal, "An algorithm for predicting the intelligibility of speech masked by modulated
    /// noise maskers", 2016); may be negative.
    ///
    /// - Parameter sampleRate: In Hz, at least 8000; everything is compared at 10 kHz.
    public static func estoi(reference: [Float], estimate: [Float], sampleRate: Int) throws -> MetricValue {
        try segments(reference, estimate, sampleRate).map { $0.estoi() }.metricValue
    }

    /// Both for little more than the work of one.
    public static func scores(
        reference: [Float], estimate: [Float], sampleRate: Int
    ) throws -> (stoi: MetricValue, estoi: MetricValue) {
        let segments = try segments(reference, estimate, sampleRate)
        return (segments.map { $0.stoi() }.metricValue, segments.map { $0.estoi() }.metricValue)
    }

    /// Under it, in Hz, bands are missing.
    static let lowestRate = 8000

    private static func segments(
        _ reference: [Float], _ estimate: [Float], _ sampleRate: Int
    ) throws -> Result<Segments, MetricValue.Reason> {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        try checkPair(reference: reference, estimate: estimate)
        guard sampleRate >= lowestRate else { return .failure(.rateTooLow(sampleRate, needed: lowestRate)) }
        guard !reference.isEmpty else { return .failure(.tooShort(samples: 0, needed: 1)) }
        guard reference.contains(where: { $0 != 0 }) else { return .failure(.silentReference) }

        let rate = ThirdOctaveSpectrogram.sampleRate
        let resampled: ([Double], [Double])
        if sampleRate == rate {
            resampled = (reference.map { Double($0) }, estimate.map { Double($0) })
        } else {
            let resampler = OctaveResampler(from: sampleRate, to: rate)
            resampled = (resampler(reference), resampler(estimate))
        }
        let (clean, degraded) = ThirdOctaveSpectrogram.removingSilence(resampled.0, resampled.1)
        let frames = ThirdOctaveSpectrogram.frameCount(clean.count)
        guard frames >= Segments.length else {
            let hop = ThirdOctaveSpectrogram.hop, window = ThirdOctaveSpectrogram.frameLength
            return .failure(
                .tooLittleSpeech(
                    seconds: Double(clean.count) / Double(rate),
                    needed: Double(Segments.length * hop + window) / Double(rate)))
        }
        return .success(
            Segments(reference: try ThirdOctaveSpectrogram(clean), estimate: try ThirdOctaveSpectrogram(degraded)))
    }
}
