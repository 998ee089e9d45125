import AudioMetrics
import TestSupport
import Testing

@Suite struct RatioParityTests {
    /// 1e-3 dB, 1e-2 dB beyond 60 dB, and infinite where the reference is.
    @Test(arguments: MetricPair.all)
    func ratiosMatch(_ pair: MetricPair) throws {
        func check(_ value: MetricValue, _ key: String) {
            let expected = pair.expected(key)
            guard let number = value.value else {
                Issue.record("\(key): \(value) instead of \(expected)")
                return
            }
            #expect(
                number == expected || abs(number - expected) <= (abs(expected) > 60 ? 1e-2 : 1e-3),
                "\(key): \(number) instead of \(expected)")
        }
        check(try SignalRatio.siSDR(reference: pair.clean, estimate: pair.degraded), "si_sdr")
        check(
            try SignalRatio.siSDR(reference: pair.clean, estimate: pair.degraded, removingMean: true),
            "si_sdr_zero_mean")
        check(try SignalRatio.snr(reference: pair.clean, estimate: pair.degraded), "snr")
        check(
            try SegmentalSNR.active(reference: pair.clean, estimate: pair.degraded, sampleRate: pair.sampleRate),
            "seg_snr_plain")
        check(
            try SegmentalSNR.composite(reference: pair.clean, estimate: pair.degraded, sampleRate: pair.sampleRate),
            "seg_snr_composite")
    }
}
