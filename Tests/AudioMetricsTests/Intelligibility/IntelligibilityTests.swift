import AudioMetrics
import TestSupport
import Testing

@Suite struct IntelligibilityTests {
    /// 1e-4, the reference's own tolerance.
    @Test(arguments: MetricPair.all)
    func scoresMatchPystoi(_ pair: MetricPair) throws {
        let scores = try Intelligibility.scores(
            reference: pair.clean, estimate: pair.degraded, sampleRate: pair.sampleRate)
        for (value, key) in [(scores.stoi, "stoi"), (scores.estoi, "estoi")] {
            let expected = pair.expected(key)
            let number = try #require(value.value)
            #expect(abs(number - expected) <= 1e-4, "\(key): \(number) instead of \(expected)")
        }
    }

    @Test func gainDoesNotMatter() throws {
        let pair = try #require(MetricPair.all.first)
        let whole = try Intelligibility.scores(
            reference: pair.clean, estimate: pair.degraded, sampleRate: pair.sampleRate)
        let louder = try Intelligibility.scores(
            reference: pair.clean, estimate: pair.degraded.map { $0 * 64 }, sampleRate: pair.sampleRate)
        #expect(abs(whole.stoi.value! - louder.stoi.value!) < 1e-6)
        #expect(abs(whole.estoi.value! - louder.estoi.value!) < 1e-6)
    }

    @Test func withoutSpeechThereIsNoScore() throws {
        let pair = try #require(MetricPair.all.first)
        let silence = [Float](repeating: 0, count: pair.clean.count)
        #expect(
            try Intelligibility.stoi(reference: silence, estimate: pair.degraded, sampleRate: pair.sampleRate)
                == .undefined(.silentReference))
        #expect(
            try Intelligibility.estoi(reference: pair.clean, estimate: silence, sampleRate: pair.sampleRate).value == 0)
        for seconds in [0.0, 0.001, 0.1, 0.3] {
            let count = Int(seconds * Double(pair.sampleRate))
            let value = try Intelligibility.stoi(
                reference: Array(pair.clean.prefix(count)), estimate: Array(pair.degraded.prefix(count)),
                sampleRate: pair.sampleRate)
            #expect(value.value == nil, "\(seconds) s")
        }
        #expect(throws: MetricError.self) {
            try Intelligibility.stoi(reference: pair.clean, estimate: [0], sampleRate: 16_000)
        }
        #expect(throws: MetricError.self) {
            try Intelligibility.stoi(reference: [1], estimate: [1], sampleRate: -1)
        }
    }
}
