/// Short-time objective intelligibility and its extended form, with the numbers of the Python package `pystoi`.
///
/// The arguments are not interchangeable: frames are chosen by the reference. Gain does not matter, delay does.
public enum Intelligibility {
    /// STOI (Taal et al., "An algorithm for intelligibility prediction of time-frequency weighted noisy speech",
    /// 2011): about 0 for noise, 1 for a perfect estimate.
    ///
    /// - Parameter sampleRate: In Hz; everything is compared at 10 kHz.
    public static func stoi(reference: [Float], estimate: [Float], sampleRate: Int) throws -> MetricValue {
        try scores(reference: reference, estimate: estimate, sampleRate: sampleRate).stoi
    }

    /// ESTOI (Jensen and Taal, "An algorithm for predicting the intelligibility of speech masked by modulated
    /// noise maskers", 2016); may be negative.
    ///
    /// - Parameter sampleRate: In Hz; everything is compared at 10 kHz.
    public static func estoi(reference: [Float], estimate: [Float], sampleRate: Int) throws -> MetricValue {
        try scores(reference: reference, estimate: estimate, sampleRate: sampleRate).estoi
    }

    /// Both for the work of one.
    public static func scores(
        reference: [Float], estimate: [Float], sampleRate: Int
    ) throws -> (stoi: MetricValue, estoi: MetricValue) {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        try checkPair(reference: reference, estimate: estimate)
        func undefined(_ reason: MetricValue.Reason) -> (stoi: MetricValue, estoi: MetricValue) {
            (.undefined(reason), .undefined(reason))
        }
        guard !reference.isEmpty else { return undefined(.tooShort(samples: 0, needed: 1)) }
        guard reference.contains(where: { $0 != 0 }) else { return undefined(.silentReference) }

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
            return undefined(
                .tooLittleSpeech(
                    seconds: Double(clean.count) / Double(rate),
                    needed: Double(Segments.length * hop + window) / Double(rate)))
        }
        let x = try ThirdOctaveSpectrogram(clean), y = try ThirdOctaveSpectrogram(degraded)
        let segments = Segments(reference: x, estimate: y)
        return (.defined(segments.stoi()), .defined(segments.estoi()))
    }
}
