import AudioMetrics
import Foundation

/// The numbers of an evaluation as `--json` prints them.
struct EvaluationReport: Encodable {
    /// One pair. A number that does not exist is null in `metrics` and has its reason in `undefined`; one that is not
    /// finite is null there too and stands in `infinite`.
    struct File: Encodable {
        var name: String
        var reference: String?
        var estimate: String
        var sampleRate: Int?
        var seconds: Double?
        var metrics: [String: Double?]
        var undefined: [String: String]?
        var infinite: [String: String]?
        /// The rate in Hz at which each number was computed.
        var rates: [String: Int]?
        /// The same of the recording that the estimate was made from.
        var input: Input?
        /// Estimate minus input.
        var improvement: [String: Double]?
        var notes: [String]?
        /// Why the pair could not be measured.
        var error: String?
    }

    struct Input: Encodable {
        var file: String
        var metrics: [String: Double?]
        var undefined: [String: String]?
        var infinite: [String: String]?
        var notes: [String]?
    }

    struct Statistics: Encodable {
        var mean: Double?
        var median: Double?
        /// The 95 % interval of the mean.
        var ci95: [Double]?
        /// Numbers in the mean.
        var count: Int
        var undefined: Int
        var infinite: Int

        init(_ summary: MetricSummary) {
            (mean, median, count) = (summary.mean, summary.median, summary.count)
            ci95 = summary.interval.map { [$0.lowerBound, $0.upperBound] }
            (undefined, infinite) = (summary.undefinedCount, summary.infiniteCount)
        }
    }

    /// The statistics of the estimates, and beside them those of what belongs to them.
    struct Summary: Encodable {
        var estimate: Statistics
        var rates: [Int]
        var input: Statistics?
        var improvement: Statistics?

        private enum CodingKeys: CodingKey { case rates, input, improvement }

        func encode(to encoder: any Encoder) throws {
            try estimate.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(rates, forKey: .rates)
            try container.encodeIfPresent(input, forKey: .input)
            try container.encodeIfPresent(improvement, forKey: .improvement)
        }
    }

    struct Definition: Encodable {
        var title: String
        var unit: String
        var definition: String
        var higherIsBetter: Bool?
    }

    struct Missing: Encodable {
        var name: String
        var folder: String
    }

    var program: String
    var seed: UInt64
    var files: [File]
    var summary: [String: Summary]
    var definitions: [String: Definition]
    var missing: [Missing]
    var failed: Int

    init(_ evaluation: Evaluation, program: String) {
        self.program = program
        seed = evaluation.seed
        files = evaluation.results.map { File($0, metrics: evaluation.metrics) }
        missing = evaluation.missing.map { Missing(name: $0.name, folder: $0.folder) }
        failed = evaluation.failedCount
        var summaries: [String: Summary] = [:], definitions: [String: Definition] = [:]
        for metric in evaluation.metrics {
            summaries[metric.key] = Summary(
                estimate: Statistics(evaluation.summary(of: metric)), rates: evaluation.rates(of: metric),
                input: evaluation.hasInput ? Statistics(evaluation.inputSummary(of: metric)) : nil,
                improvement: evaluation.improvementSummary(of: metric).map { Statistics($0) })
            definitions[metric.key] = Definition(
                title: metric.title, unit: metric.unit, definition: metric.definition, higherIsBetter: metric.isHigherBetter)
        }
        (summary, self.definitions) = (summaries, definitions)
    }
}

extension EvaluationReport.File {
    init(_ result: Evaluation.Result, metrics: [Metric]) {
        let pair = result.pair
        (name, reference, estimate) = (pair.name, pair.reference, pair.estimate)
        switch result.outcome {
        case .success(let report):
            (sampleRate, seconds) = (report.sampleRate, report.seconds)
            let numbers = Numbers(report.estimate, metrics)
            (self.metrics, undefined, infinite) = (numbers.finite, numbers.undefined, numbers.infinite)
            rates = Dictionary(
                uniqueKeysWithValues: metrics.compactMap { metric in
                    metric.computationRate(for: report.sampleRate).map { (metric.key, $0) }
                })
            notes = report.estimate.notes.isEmpty ? nil : report.estimate.notes
            if let own = report.input, let file = pair.input {
                let numbers = Numbers(own, metrics)
                input = EvaluationReport.Input(
                    file: file, metrics: numbers.finite, undefined: numbers.undefined, infinite: numbers.infinite,
                    notes: own.notes.isEmpty ? nil : own.notes)
                improvement = Dictionary(uniqueKeysWithValues: report.improvements.map { ($0.key, $1) })
            }
        case .failure(let failure):
            self.metrics = Dictionary(uniqueKeysWithValues: metrics.map { ($0.key, nil) })
            error = failure.message
        }
    }
}

/// Values by key, apart from those that JSON has no number for.
private struct Numbers {
    var finite: [String: Double?] = [:]
    var undefined: [String: String]?
    var infinite: [String: String]?

    init(_ measurement: PairEvaluator.Measurement, _ metrics: [Metric]) {
        var reasons: [String: String] = [:], unbounded: [String: String] = [:]
        for metric in metrics {
            let value = measurement.values[metric]
            let number = value?.value
            finite[metric.key] = .some(number.flatMap { $0.isFinite ? $0 : nil })
            if let reason = value?.reason { reasons[metric.key] = reason.advice }
            if let number, !number.isFinite { unbounded[metric.key] = number < 0 ? "-inf" : "inf" }
        }
        undefined = reasons.isEmpty ? nil : reasons
        infinite = unbounded.isEmpty ? nil : unbounded
    }
}
