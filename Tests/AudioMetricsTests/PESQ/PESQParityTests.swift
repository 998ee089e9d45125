import AudioMetrics
import NeuralCore
import TestSupport
import Testing

@Suite struct PESQParityTests {
    /// At least 95 % of the pairs within 0.005 and all within 0.05 of the reference program, both bands and raw.
    @Test func scoresMatch() throws {
        var errors: [(error: Double, label: String)] = []
        for pair in MetricPair.all {
            for (band, key) in [(PESQ.Band.narrow, "pesq_nb"), (.wide, "pesq_wb")] where pair.has(key) {
                let score = try pair.score(band)
                let expected = pair.expected(key)
                let quality = score.listeningQuality
                errors.append((abs(quality - expected), "\(pair) \(key): \(quality) instead of \(expected)"))
                guard band == .narrow, pair.has("pesq_nb_raw") else { continue }
                let raw = pair.expected("pesq_nb_raw")
                errors.append((abs(score.raw - raw), "\(pair) raw: \(score.raw) instead of \(raw)"))
            }
        }
        #expect(!errors.isEmpty)
        for (error, label) in errors { #expect(error <= 0.05, "\(label)") }
        let far = errors.filter { $0.error > 0.005 }
        #expect(far.count * 20 <= errors.count, "\(far.map(\.label))")
    }

    /// The parts of the score, where a set tells them: utterances and delays to the sample, disturbances to 0.05.
    @Test(arguments: MetricPair.all)
    func partsMatch(_ pair: MetricPair) throws {
        for (band, mode) in [(PESQ.Band.narrow, "nb"), (.wide, "wb")] {
            guard let inside = pair.inside(mode: mode) else { continue }
            let score = try pair.score(band)
            let utterances = (inside["utterances"].array ?? []).map { value in
                [value["start"], value["end"], value["delay"], value["delay_estimate"]].map { $0.int ?? .min }
            }
            #expect(
                score.utterances.map { [$0.start, $0.end, $0.delay, $0.delayEstimate] } == utterances,
                "\(pair) \(mode)")
            for (ours, key) in [(score.disturbance, "D"), (score.asymmetricDisturbance, "A")] {
                let theirs = inside[key].double ?? .nan
                #expect(abs(ours - theirs) <= 0.05, "\(pair) \(mode) \(key): \(ours) instead of \(theirs)")
            }
        }
    }
}
