import AudioMetrics
import Foundation
import NeuralCore
import Synchronization

/// All pairs of one evaluation with what was found.
struct Evaluation {
    struct Failure: Error {
        var message: String
    }

    struct Result {
        var pair: EvaluationPair
        var outcome: Swift.Result<PairEvaluator.Report, Failure>

        var report: PairEvaluator.Report? { try? outcome.get() }
    }

    let metrics: [Metric]
    let seed: UInt64
    let missing: [EvaluationPairs.Missing]
    let results: [Result]
    let hasInput: Bool

    /// Measures every pair, several at a time; the results are the same for any number of threads.
    ///
    /// - Parameter onProgress: Called with the number of finished pairs and the last one's name, from any thread.
    /// - Throws: `CancellationError` when `isCancelled` says so.
    init(
        _ pairs: EvaluationPairs, with evaluator: PairEvaluator, seed: UInt64, isCancelled: @escaping @Sendable () -> Bool,
        onProgress: @escaping @Sendable (Int, String) -> Void
    ) throws {
        let list = pairs.pairs, done = Mutex(0)
        let outcomes = parallelMap(list.count) { index -> Swift.Result<PairEvaluator.Report, Failure>? in
            guard !isCancelled() else { return nil }
            let outcome = Swift.Result { try evaluator.evaluate(list[index]) }.mapError { error in
                Failure(message: Self.message(of: error, about: list[index]))
            }
            onProgress(done.withLock { $0 += 1; return $0 }, list[index].name)
            return outcome
        }
        results = try zip(list, outcomes).map { pair, outcome in
            guard let outcome else { throw CancellationError() }
            return Result(pair: pair, outcome: outcome)
        }
        metrics = Metric.allCases.filter { evaluator.options.metrics.contains($0) || $0 == .delay && list[0].reference != nil }
        (self.seed, missing, hasInput) = (seed, pairs.missing, list.contains { $0.input != nil })
    }

    var failedCount: Int { results.count { $0.report == nil } }

    /// Over the pairs that could be measured.
    func summary(of metric: Metric) -> MetricSummary {
        MetricSummary(results.compactMap { $0.report?.estimate.values[metric] }, seed: seed)
    }

    func inputSummary(of metric: Metric) -> MetricSummary {
        MetricSummary(results.compactMap { $0.report?.input?.values[metric] }, seed: seed)
    }

    /// Of estimate minus input; nil where neither direction is better or there is no input.
    func improvementSummary(of metric: Metric) -> MetricSummary? {
        guard hasInput, metric.isHigherBetter != nil else { return nil }
        return MetricSummary(results.compactMap { $0.report?.improvements[metric] }.map { .defined($0) }, seed: seed)
    }

    /// The rates in Hz at which a metric was computed.
    func rates(of metric: Metric) -> [Int] {
        Set(results.compactMap { $0.report.flatMap { metric.computationRate(for: $0.sampleRate) } }).sorted()
    }

    private static func message(of error: any Error, about pair: EvaluationPair) -> String {
        let text = error.localizedDescription
        let names = [pair.reference, pair.estimate, pair.input].compactMap { $0 }
        return names.contains { text.contains($0) } ? text : "\(pair.estimate): \(text)"
    }
}
