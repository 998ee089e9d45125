import AudioMetrics
import Testing

@Suite struct DelayTests {
    @Test(arguments: [0, 1, 100, -37, 1600, -15_000])
    func aShiftIsFoundAndUndone(_ shift: Int) throws {
        let pair = try #require(MetricPair.all.first { $0.sampleRate == 16_000 })
        let silence = [Float](repeating: 0, count: abs(shift))
        let late = shift >= 0
            ? Array((silence + pair.clean).prefix(pair.clean.count)) : Array((pair.clean + silence).dropFirst(-shift))
        let delay = try #require(try Delay.measure(reference: pair.clean, estimate: late, longest: 16_000))
        #expect(delay.samples == shift)
        #expect(delay.correlation > 0.6)
        let (reference, estimate) = delay.aligned(reference: pair.clean, estimate: late)
        #expect(reference == estimate)
        #expect(reference.count >= pair.clean.count - abs(shift))
    }

    @Test func aDelayLongerThanAllowedIsNotFound() throws {
        let pair = try #require(MetricPair.all.first)
        let late = [Float](repeating: 0, count: 300) + pair.clean
        let delay = try #require(try Delay.measure(reference: pair.clean, estimate: late, longest: 200))
        #expect(abs(delay.samples) <= 200)
        let found = try #require(try Delay.measure(reference: pair.clean, estimate: late, longest: 300))
        #expect(found.samples == 300)
    }

    @Test func invertedPolarityIsFoundAndSaid() throws {
        let pair = try #require(MetricPair.all.first)
        let inverted = [Float](repeating: 0, count: 50) + pair.clean.map { -$0 }
        let delay = try #require(try Delay.measure(reference: pair.clean, estimate: inverted, longest: 100))
        #expect(delay.samples == 50)
        #expect(delay.correlation < -0.99)
    }

    @Test func silenceHasNoDelay() throws {
        #expect(try Delay.measure(reference: [0, 0, 0], estimate: [1, 2, 3], longest: 2) == nil)
        #expect(try Delay.measure(reference: [1, 2], estimate: [0], longest: 2) == nil)
        #expect(try Delay.measure(reference: [], estimate: [], longest: 2) == nil)
        #expect(try Delay.measure(reference: [1], estimate: [1], longest: 100)?.samples == 0)
        #expect(throws: MetricError.notFinite(signal: "estimate", sample: 1)) {
            try Delay.measure(reference: [1, 2], estimate: [1, .nan], longest: 2)
        }
    }
}
