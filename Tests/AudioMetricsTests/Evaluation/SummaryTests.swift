import AudioMetrics
import Foundation
import NeuralCore
import Testing

@Suite struct SummaryTests {
    /// For many values the interval is that of the normal distribution, mean ± 1.96 standard errors.
    @Test func intervalsAreThoseOfTheMean() throws {
        var rng = Philox(seed: 3)
        let values = (0..<400).map { _ in 5 + 2 * Double(rng.nextGaussian()) }
        let mean = values.reduce(0, +) / 400
        let error = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399 / 400).squareRoot()
        let interval = try #require(BootstrapInterval.mean(of: values))
        #expect(abs(interval.lowerBound - (mean - 1.96 * error)) < 0.15 * error)
        #expect(abs(interval.upperBound - (mean + 1.96 * error)) < 0.15 * error)
        #expect(BootstrapInterval.mean(of: values) == interval)
        #expect(BootstrapInterval.mean(of: values, seed: 1) != interval)
        #expect(BootstrapInterval.mean(of: [1]) == nil && BootstrapInterval.mean(of: []) == nil)
        #expect(BootstrapInterval.mean(of: [2, 2, 2]) == 2...2)
    }

    @Test func summariesHaveMeanAndMedian() {
        let summary = MetricSummary([.defined(1), .defined(9), .defined(2), .defined(4), .defined(.infinity), .undefined(.silentReference)])
        #expect(summary.mean == 4 && summary.median == 3)
        #expect((summary.count, summary.infiniteCount, summary.undefinedCount) == (4, 1, 1))
        #expect(summary.interval.map { $0.lowerBound >= 1 && $0.upperBound <= 9 } == true)
        let none = MetricSummary([.undefined(.silentReference)])
        #expect(none.mean == nil && none.median == nil && none.interval == nil && none.undefinedCount == 1)
        #expect(MetricSummary([.defined(3)]).median == 3)
    }

    /// CASES C44: every number's convention is stated.
    @Test(arguments: Metric.allCases)
    func metricsSayWhatTheyAre(_ metric: Metric) {
        #expect(!metric.definition.isEmpty && !metric.title.isEmpty)
    }
}
