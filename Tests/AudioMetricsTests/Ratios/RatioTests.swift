import AudioMetrics
import Testing

@Suite struct RatioTests {
    static let tone: [Float] = (0..<16_000).map { Float($0 % 160) / 160 - 0.5 }
    static let silence = [Float](repeating: 0, count: 16_000)

    @Test func identicalSignalsAreInfinitelyGood() throws {
        #expect(try SignalRatio.siSDR(reference: Self.tone, estimate: Self.tone).value == .infinity)
        #expect(try SignalRatio.siSDR(reference: Self.tone, estimate: Self.tone.map { -$0 }).value == .infinity)
        #expect(try SignalRatio.snr(reference: Self.tone, estimate: Self.tone).value == .infinity)
        #expect(try SegmentalSNR.active(reference: Self.tone, estimate: Self.tone, sampleRate: 16_000).value == 35)
        #expect(try SegmentalSNR.composite(reference: Self.tone, estimate: Self.tone, sampleRate: 16_000).value == 35)
    }

    @Test func aSilentReferenceHasNoValue() throws {
        for estimate in [Self.tone, Self.silence] {
            #expect(
                try SignalRatio.siSDR(reference: Self.silence, estimate: estimate) == .undefined(.silentReference))
            #expect(try SignalRatio.snr(reference: Self.silence, estimate: estimate) == .undefined(.silentReference))
            #expect(
                try SegmentalSNR.active(reference: Self.silence, estimate: estimate, sampleRate: 16_000)
                    == .undefined(.silentReference))
            #expect(
                try SegmentalSNR.composite(reference: Self.silence, estimate: estimate, sampleRate: 16_000)
                    == .undefined(.silentReference))
        }
    }

    @Test func aSilentEstimateIsAsBadAsCanBe() throws {
        #expect(try SignalRatio.siSDR(reference: Self.tone, estimate: Self.silence).value == -.infinity)
        #expect(try SignalRatio.snr(reference: Self.tone, estimate: Self.silence).value == 0)
    }

    @Test func signalsThatCannotBeComparedAreRefused() throws {
        #expect(throws: MetricError.lengthMismatch(reference: 2, estimate: 3)) {
            try SignalRatio.siSDR(reference: [1, 2], estimate: [1, 2, 3])
        }
        #expect(throws: MetricError.notFinite(signal: "estimate", sample: 1)) {
            try SignalRatio.siSDR(reference: [1, 2], estimate: [1, .nan])
        }
        #expect(throws: MetricError.notFinite(signal: "reference", sample: 0)) {
            try SignalRatio.snr(reference: [.infinity, 2], estimate: [1, 2])
        }
        #expect(throws: MetricError.invalidSampleRate(0)) {
            try SegmentalSNR.active(reference: [1], estimate: [1], sampleRate: 0)
        }
    }

    @Test func shortSignalsHaveNoSegments() throws {
        #expect(try SignalRatio.siSDR(reference: [], estimate: []).value == nil)
        for count in [0, 1, 100] {
            let signal = [Float](repeating: 0.5, count: count)
            #expect(try SegmentalSNR.active(reference: signal, estimate: signal, sampleRate: 16_000).value == nil)
            #expect(try SegmentalSNR.composite(reference: signal, estimate: signal, sampleRate: 16_000).value == nil)
        }
    }

    @Test func summariesLeaveOutWhatIsNoNumber() {
        let summary = MetricSummary([
            .defined(1), .defined(3), .defined(-.infinity), .undefined(.silentReference),
        ])
        #expect(summary.mean == 2)
        #expect((summary.count, summary.infiniteCount, summary.undefinedCount) == (2, 1, 1))
        #expect(MetricSummary([]).mean == nil)
    }
}
