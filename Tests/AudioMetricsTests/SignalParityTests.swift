import AudioDSP
import AudioMetrics
import TestSupport
import Testing

@Suite struct SignalParityTests {
    /// 0.01 dB under 60 dB; what the reference puts above 100 dB is above 100 dB.
    @Test(arguments: MetricPair.all)
    func filteredDistortionMatches(_ pair: MetricPair) throws {
        let value = try #require(
            try FilteredDistortion.sdr(reference: pair.clean, estimate: pair.degraded).value)
        let expected = pair.expected("sdr_mir_eval_512")
        if expected > 100 {
            #expect(value > 100, "\(pair): \(value)")
        } else {
            #expect(abs(value - expected) <= 0.01, "\(pair): \(value) instead of \(expected)")
        }
    }

    /// 1e-4, and 5e-3 where the reference or the estimate is digital silence for a while.
    @Test(arguments: MetricPair.all)
    func logSpectralDistanceMatches(_ pair: MetricPair) throws {
        let tolerance = pair.hasExactSilence ? 5e-3 : 1e-4
        pair.expect(
            try LogSpectralDistance.bels(reference: pair.clean, estimate: pair.degraded), "lsd_2048_log10",
            within: tolerance)
        pair.expect(
            try LogSpectralDistance.decibels(
                reference: pair.clean, estimate: pair.degraded, sampleRate: pair.sampleRate), "lsd_32ms_dB",
            within: 10 * tolerance)
    }

    /// 1e-4 for the likelihood ratio (0.05 where silent frames have no linear prediction), 1e-3 for the slopes.
    @Test(arguments: MetricPair.all)
    func partsOfTheCompositesMatch(_ pair: MetricPair) throws {
        func ratio(_ cap: Double?) throws -> MetricValue {
            try LogLikelihoodRatio.measure(
                reference: pair.clean, estimate: pair.degraded, sampleRate: pair.sampleRate, cap: cap)
        }
        let tolerance = pair.hasExactSilence ? 0.05 : 1e-4
        pair.expect(try ratio(nil), "llr_composite", within: tolerance)
        pair.expect(try ratio(2), "llr_capped2", within: tolerance)
        pair.expect(
            try WeightedSpectralSlope.measure(
                reference: pair.clean, estimate: pair.degraded, sampleRate: pair.sampleRate), "wss", within: 1e-3)
    }

    /// 0.01, and 0.05 where silent frames have no linear prediction.
    @Test(arguments: MetricPair.all)
    func compositesMatch(_ pair: MetricPair) throws {
        let values = try MetricSuite.measure(
            [.compositeSignal, .compositeBackground, .compositeOverall], estimate: pair.degraded,
            reference: pair.clean, sampleRate: pair.sampleRate)
        for (metric, value) in values { pair.expect(value, metric.key, within: pair.hasExactSilence ? 0.05 : 0.01) }
    }

    /// 1e-3 relative for both variants; 0.01 LU.
    @Test(arguments: MetricPair.all)
    func measuresWithoutReferenceMatch(_ pair: MetricPair) throws {
        func srmr(_ signal: [Float], normalized: Bool = false) throws -> MetricValue {
            try ReverberationRatio.srmr(signal, sampleRate: pair.sampleRate, normalized: normalized)
        }
        pair.expect(try srmr(pair.degraded), "srmr_degraded", within: 1e-3 * pair.expected("srmr_degraded"))
        pair.expect(try srmr(pair.clean), "srmr_clean", within: 1e-3 * pair.expected("srmr_clean"))
        pair.expect(
            try srmr(pair.degraded, normalized: true), "srmr_norm_degraded",
            within: 1e-3 * pair.expected("srmr_norm_degraded"))
        for (signal, key) in [(pair.clean, "lufs_clean"), (pair.degraded, "lufs_degraded")] {
            let value = try MetricSuite.measure(
                [.loudness], estimate: signal, reference: nil, sampleRate: pair.sampleRate)
            pair.expect(value[.loudness]!, key, within: 0.01)
        }
    }
}
