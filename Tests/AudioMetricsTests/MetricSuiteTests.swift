import AudioMetrics
import TestSupport
import Testing

@Suite struct MetricSuiteTests {
    static let withReference = Metric.allCases.filter(\.needsReference)

    @Test func theKeysAreTheOnesOfReports() {
        #expect(
            Metric.allCases.map(\.key) == [
                "si_sdr", "snr", "seg_snr", "sdr", "lsd", "stoi", "estoi", "pesq_nb", "pesq_wb", "csig", "cbak", "covl",
                "srmr", "lufs", "delay_ms",
            ])
        #expect(Set(Metric.allCases.map(\.title)).count == Metric.allCases.count)
    }

    @Test func theAnswerDoesNotDependOnWhatElseIsMeasured() throws {
        let pair = try #require(MetricPair.all.first { $0.sampleRate == 16_000 })
        let all = try measure(Metric.allCases, pair.degraded, pair.clean)
        #expect(all.count == Metric.allCases.count)
        for metric in Metric.allCases.reversed() {
            #expect(try measure([metric, metric], pair.degraded, pair.clean) == [metric: all[metric]!])
        }
        #expect(try measure([], pair.degraded, pair.clean).isEmpty)
    }

    @Test func identicalSignalsAreAsGoodAsCanBe() throws {
        for pair in MetricPair.all where pair.description.hasPrefix("identical") {
            let values = try MetricSuite.measure(
                Metric.allCases, estimate: pair.clean, reference: pair.clean, sampleRate: pair.sampleRate)
            for metric in [Metric.siSDR, .snr, .sdr] { #expect(values[metric]?.value == .infinity, "\(metric)") }
            #expect(values[.segmentalSNR]?.value == 35)
            #expect(values[.logSpectralDistance]?.value == 0)
            for metric in [Metric.stoi, .estoi] { #expect(abs(values[metric]!.value! - 1) < 1e-9, "\(metric)") }
            #expect(abs(values[.pesqNarrow]!.value! - 4.5486) < 1e-4)
            #expect(values[.delay]?.value == 0)
            for metric in [Metric.compositeSignal, .compositeBackground, .compositeOverall] {
                #expect(values[metric]!.value! == 5, "\(metric)")
            }
            guard pair.sampleRate == 16_000 else { continue }
            #expect(abs(values[.pesqWide]!.value! - 4.6439) < 1e-4)
        }
    }

    @Test func aSilentReferenceIsNoReference() throws {
        let pair = try #require(MetricPair.all.first { $0.sampleRate == 16_000 })
        let silence = [Float](repeating: 0, count: pair.clean.count)
        for estimate in [pair.degraded, silence] {
            let values = try measure(Metric.allCases, estimate, silence)
            for metric in Self.withReference where metric != .logSpectralDistance {
                #expect(values[metric] == .undefined(.silentReference), "\(metric)")
            }
        }
    }

    @Test func aSilentEstimateIsBadOrUndefined() throws {
        let pair = try #require(MetricPair.all.first { $0.sampleRate == 16_000 })
        let silence = [Float](repeating: 0, count: pair.clean.count)
        let values = try measure(Metric.allCases, silence, pair.clean)
        #expect(values[.siSDR]?.value == -.infinity)
        #expect(values[.sdr]?.value == -.infinity)
        #expect(values[.snr]?.value == 0)
        #expect(abs(values[.stoi]!.value!) < 1e-9)
        #expect(values[.estoi]?.value == 0)
        #expect(values[.loudness]?.value == -.infinity)
        #expect(values[.logSpectralDistance]!.value! > 1)
        for metric in [
            Metric.pesqNarrow, .pesqWide, .compositeSignal, .compositeBackground, .compositeOverall, .delay,
            .reverberation,
        ] {
            #expect(values[metric] == .undefined(.silentEstimate), "\(metric)")
        }
    }

    @Test func withoutAReferenceOnlyTheEstimateIsMeasured() throws {
        let pair = try #require(MetricPair.all.first)
        let values = try MetricSuite.measure(
            Metric.allCases, estimate: pair.degraded, reference: nil, sampleRate: pair.sampleRate)
        for metric in Metric.allCases {
            #expect((values[metric]?.reason == .noReference) == metric.needsReference, "\(metric)")
        }
    }

    /// Every length from nothing to a second and every odd rate has an answer, and never a number that is none.
    @Test func shortSignalsAndOddRatesHaveAnswers() throws {
        let pair = try #require(MetricPair.all.first)
        for rate in [1, 100, 4000, 8000, 11_025, 16_000, 44_100, 48_000] {
            for count in [0, 1, 2, 30, 100, 1024, 1025, 4000, 4001, 12_000] {
                let values = try MetricSuite.measure(
                    Metric.allCases, estimate: Array(pair.degraded.prefix(count)),
                    reference: Array(pair.clean.prefix(count)), sampleRate: rate)
                for metric in Metric.allCases {
                    #expect(values[metric]?.value?.isNaN != true, "\(metric) of \(count) samples at \(rate) Hz")
                    guard count < 2, ![.siSDR, .snr, .sdr, .delay].contains(metric) else { continue }
                    #expect(values[metric]?.value == nil, "\(metric) of \(count) samples at \(rate) Hz")
                }
            }
        }
    }

    @Test func ratesThatDoNotFitAreResampledOrRefused() throws {
        let pair = try #require(MetricPair.all.first { $0.sampleRate == 8000 })
        let values = try MetricSuite.measure(
            Metric.allCases, estimate: pair.degraded, reference: pair.clean, sampleRate: 8000)
        #expect(values[.pesqWide] == .undefined(.rateTooLow(8000, needed: 16_000)))
        #expect(Metric.pesqWide.computationRate(for: 8000) == nil)
        #expect(Metric.pesqWide.computationRate(for: 48_000) == 16_000)
        #expect(Metric.compositeOverall.computationRate(for: 11_025) == 8000)
        #expect(Metric.estoi.computationRate(for: 8000) == 10_000)
        #expect(Metric.stoi.computationRate(for: 4000) == nil)
        #expect(Metric.siSDR.computationRate(for: 44_100) == 44_100)
        #expect(
            try PESQ.measure(reference: pair.clean, estimate: pair.degraded, sampleRate: 44_100, band: .wide)
                == .undefined(.otherRate(44_100, needed: 16_000)))
    }

    @Test func pairsThatCannotBeComparedAreRefused() throws {
        #expect(throws: MetricError.lengthMismatch(reference: 2, estimate: 1)) {
            try measure([.siSDR], [1], [1, 2])
        }
        #expect(throws: MetricError.notFinite(signal: "estimate", sample: 1)) {
            try measure([.loudness], [1, .nan], nil)
        }
        #expect(throws: MetricError.notFinite(signal: "reference", sample: 0)) {
            try measure([.loudness], [1, 1], [.infinity, 1])
        }
        #expect(throws: MetricError.invalidSampleRate(0)) {
            try MetricSuite.measure([.snr], estimate: [1], reference: [1], sampleRate: 0)
        }
    }

    private func measure(
        _ metrics: [Metric], _ estimate: [Float], _ reference: [Float]?
    ) throws -> [Metric: MetricValue] {
        try MetricSuite.measure(metrics, estimate: estimate, reference: reference, sampleRate: 16_000)
    }
}
