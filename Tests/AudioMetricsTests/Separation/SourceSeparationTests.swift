import AudioMetrics
import NeuralCore
import TestSupport
import Testing

@Suite struct SourceSeparationTests {
    /// 0.01 dB, in every set with such a case.
    @Test(arguments: Fixture.all(in: "metrics").filter { $0.hasTensor("bss.references") })
    func separationMatchesMirEval(_ fixture: Fixture) throws {
        func signals(_ name: String) throws -> [[Float]] {
            let values = try fixture.floats(name), length = try fixture.shape(name)[1]
            return stride(from: 0, to: values.count, by: length).map { Array(values[$0..<$0 + length]) }
        }
        let scores = try SourceSeparation.evaluate(
            references: try signals("bss.references"), estimates: try signals("bss.estimates")).get()
        let expected = fixture.config["bss"]["mir_eval"]
        #expect(scores.order == (expected["perm"].array ?? []).map { $0.int ?? -1 })
        for (values, key) in [
            (scores.signalToDistortion, "sdr"), (scores.signalToInterference, "sir"), (scores.signalToArtifacts, "sar"),
        ] {
            let wanted = (expected[key].array ?? []).map { $0.double ?? .nan }
            #expect(values.count == wanted.count)
            for (value, wanted) in zip(values, wanted) {
                #expect(abs(value - wanted) <= 0.01, "\(key): \(value) instead of \(wanted)")
            }
        }
    }

    @Test func perfectAndSilentSourcesHaveAnswers() throws {
        let pairs = MetricPair.all.filter { $0.sampleRate == 16_000 }
        let sources = [pairs[0].clean, pairs[1].clean]
        let count = sources.map(\.count).min()!
        let cut = sources.map { Array($0.prefix(count)) }
        let perfect = try SourceSeparation.evaluate(references: cut, estimates: cut.reversed()).get()
        #expect(perfect.order == [1, 0])
        for value in perfect.signalToDistortion + perfect.signalToInterference { #expect(value > 100) }
        let silence = [Float](repeating: 0, count: count)
        let silent = try SourceSeparation.evaluate(references: [cut[0], silence], estimates: cut)
        #expect(silent == .failure(.silentReference))
        #expect(throws: MetricError.sourceCount(references: 2, estimates: 1, most: 6)) {
            try SourceSeparation.evaluate(references: cut, estimates: [cut[0]])
        }
        #expect(throws: MetricError.self) {
            try SourceSeparation.evaluate(references: cut, estimates: [cut[0], [1]])
        }
    }
}
