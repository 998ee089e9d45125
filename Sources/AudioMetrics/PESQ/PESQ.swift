import Foundation

/// Perceptual evaluation of speech quality, ITU-T P.862 with P.862.1 (narrow band) and P.862.2 (wide band): what
/// listeners would answer, from 1 (bad) to about 4.5.
///
/// The estimate is aligned in time utterance by utterance, both signals are brought to one level and turned into
/// loudness over time and Bark bands; the score falls with the differences that the ear hears. Gain, polarity and delay
/// do not count.
public enum PESQ {
    /// What is listened through.
    public enum Band: Sendable, CaseIterable {
        /// A telephone handset, 300 to 3400 Hz.
        case narrow
        /// Headphones, 50 to 7000 Hz.
        case wide
    }

    /// A score and what it is made of.
    public struct Score: Sendable, Equatable {
        /// The mean opinion score that listeners would give (MOS-LQO).
        public var listeningQuality: Double
        /// The score of P.862 before it is mapped, from -0.5 to 4.5; only defined for the narrow band.
        public var raw: Double
        /// What is heard of differences, and of those of them that were added.
        public var disturbance: Double, asymmetricDisturbance: Double
        /// How the estimate was aligned, in the order of time.
        public var utterances: [Utterance]
    }

    /// A stretch of the reference and where it is found in the estimate.
    public struct Utterance: Sendable, Equatable {
        /// In blocks of 4 ms from 300 ms before the first sample.
        public var start: Int, end: Int
        /// Samples by which the estimate is late.
        public var delay: Int
        /// `delay` by the envelopes alone.
        public var delayEstimate: Int
        /// From 0 to 1.
        public var confidence: Double
    }

    /// The longest recording that is measured, in seconds; the recommendation speaks of 8 to 12 s.
    public static let longestSeconds = 300.0
    /// The shortest, in seconds.
    public static let shortestSeconds = 0.25

    /// The mean opinion score.
    ///
    /// - Parameter sampleRate: 16000, or 8000 for the narrow band; anything else is undefined.
    public static func measure(
        reference: [Float], estimate: [Float], sampleRate: Int, band: Band
    ) throws -> MetricValue {
        try score(reference: reference, estimate: estimate, sampleRate: sampleRate, band: band)
            .map(\.listeningQuality).metricValue
    }

    /// The score with its parts.
    ///
    /// - Parameter sampleRate: 16000, or 8000 for the narrow band; anything else is undefined.
    public static func score(
        reference: [Float], estimate: [Float], sampleRate: Int, band: Band
    ) throws -> Result<Score, MetricValue.Reason> {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        try checkPair(reference: reference, estimate: estimate)
        if let reason = obstacle(reference, estimate, sampleRate, band) { return .failure(reason) }
        let format = PESQFormat(sampleRate: sampleRate)
        guard let (clean, degraded) = try PESQInput.prepare(reference, estimate, band: band, format: format) else {
            return .failure(.noSpeech)
        }
        guard let utterances = try UtteranceAlignment.align(clean, degraded, format: format) else {
            return .failure(.noSpeech)
        }
        let comparison = try PerceptualComparison(clean, degraded, utterances: utterances, format: format)
        let (symmetric, asymmetric) = try comparison.disturbances()
        let raw = 4.5 - 0.1 * symmetric - 0.0309 * asymmetric
        return .success(
            Score(
                listeningQuality: mapped(raw, band), raw: raw, disturbance: symmetric,
                asymmetricDisturbance: asymmetric, utterances: utterances))
    }

    private static func obstacle(
        _ reference: [Float], _ estimate: [Float], _ sampleRate: Int, _ band: Band
    ) -> MetricValue.Reason? {
        guard sampleRate == 16_000 || (sampleRate == 8000 && band == .narrow) else {
            let needed = band == .wide ? 16_000 : 8000
            return sampleRate < needed
                ? .rateTooLow(sampleRate, needed: needed) : .otherRate(sampleRate, needed: 16_000)
        }
        let count = reference.count, shortest = Int(shortestSeconds * Double(sampleRate))
        guard count >= shortest else { return .tooShort(samples: count, needed: shortest) }
        let seconds = Double(count) / Double(sampleRate)
        guard seconds <= longestSeconds else { return .tooLong(seconds: seconds, limit: longestSeconds) }
        guard reference.contains(where: { $0 != 0 }) else { return .silentReference }
        guard estimate.contains(where: { $0 != 0 }) else { return .silentEstimate }
        return nil
    }

    /// P.862.1 and P.862.2: from the raw score to opinions.
    private static func mapped(_ raw: Double, _ band: Band) -> Double {
        switch band {
        case .narrow: 0.999 + 4 / (1 + exp(-1.4945 * raw + 4.6607))
        case .wide: 0.999 + 4 / (1 + exp(-1.3669 * raw + 3.8224))
        }
    }
}
