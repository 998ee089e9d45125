import AudioMetrics
import Foundation

/// The numbers of an evaluation as lines of text.
struct EvaluationTable {
    let evaluation: Evaluation

    /// Each pair of several with its values, one line a pair.
    var perFile: String {
        let heading = ["recording"] + evaluation.metrics.map { Self.title($0) }
        let rows = evaluation.results.map { result in
            [result.pair.name]
                + evaluation.metrics.map { metric in
                    result.report.map { Self.text($0.estimate.values[metric], metric) } ?? "failed"
                }
        }
        return Self.lines([heading] + rows)
    }

    /// One line a metric: the values of a single pair, or the statistics of several.
    var summary: String { evaluation.results.count == 1 ? single : statistics }

    private var single: String {
        guard let report = evaluation.results[0].report else { return "" }
        let heading = ["metric", "computed at"] + (report.input == nil ? ["value"] : ["input", "estimate", "change"])
        let rows = evaluation.metrics.map { metric in
            let value = Self.text(report.estimate.values[metric], metric)
            var cells = [Self.title(metric), Self.rates(evaluation.rates(of: metric))]
            if let input = report.input {
                let change = report.improvements[metric].map { Self.signed($0, metric) } ?? ""
                cells += [Self.text(input.values[metric], metric), value, change]
            } else {
                cells.append(value)
            }
            return cells
        }
        return Self.lines([heading] + rows)
    }

    private var statistics: String {
        var heading = ["metric", "computed at", "mean", "95 % interval", "median", "n"]
        if evaluation.hasInput { heading += ["input mean", "mean change", "95 % interval"] }
        let rows = evaluation.metrics.map { metric in
            let summary = evaluation.summary(of: metric)
            var cells = [
                Self.title(metric), Self.rates(evaluation.rates(of: metric)), Self.text(summary.mean, metric),
                Self.text(summary.interval, metric), Self.text(summary.median, metric),
                "\(summary.count)\(summary.count < evaluation.results.count ? " of \(evaluation.results.count)" : "")",
            ]
            if evaluation.hasInput {
                let change = evaluation.improvementSummary(of: metric)
                cells += [
                    Self.text(evaluation.inputSummary(of: metric).mean, metric),
                    change?.mean.map { Self.signed($0, metric) } ?? "", Self.text(change?.interval, metric),
                ]
            }
            return cells
        }
        return Self.lines([heading] + rows)
    }

    /// A line for every value that is missing from the means: which, and why.
    var remarks: [String] {
        evaluation.results.flatMap { result -> [String] in
            guard let report = result.report else { return [] }
            let notes = report.estimate.notes.map { "\(result.pair.name): \($0)" }
            return notes + Dictionary(grouping: evaluation.metrics) { metric in
                Self.remark(on: report.estimate.values[metric]) ?? ""
            }.filter { !$0.key.isEmpty }.sorted { $0.key < $1.key }.map { reason, metrics in
                "\(result.pair.name): \(metrics.map(\.key).joined(separator: ", ")) \(reason)"
            }
        }
    }

    /// The values as CSV, one line a pair, with a column of reasons at the end.
    var csv: String {
        let metrics = evaluation.metrics, changing = evaluation.hasInput ? metrics.filter { $0.isHigherBetter != nil } : []
        var heading = ["name", "sample_rate", "seconds"] + metrics.map(\.key)
        if evaluation.hasInput { heading += metrics.map { "input_\($0.key)" } + changing.map { "improvement_\($0.key)" } }
        let rows = evaluation.results.map { result -> [String] in
            guard let report = result.report else {
                let message = if case .failure(let failure) = result.outcome { failure.message } else { "" }
                return [result.pair.name] + heading.dropFirst().map { _ in "" } + [message]
            }
            var cells = [result.pair.name, "\(report.sampleRate)", "\(report.seconds)"]
            cells += metrics.map { Self.exact(report.estimate.values[$0]) }
            if evaluation.hasInput {
                cells += metrics.map { Self.exact(report.input?.values[$0]) }
                cells += changing.map { metric in report.improvements[metric].map { "\($0)" } ?? "" }
            }
            let reasons = metrics.compactMap { metric in
                report.estimate.values[metric]?.reason.map { "\(metric.key): \($0.advice)" }
            }
            return cells + [(reasons + report.estimate.notes).joined(separator: "; ")]
        }
        return ([heading + ["remarks"]] + rows).map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
    }
}

extension EvaluationTable {
    /// "SI-SDR (dB)".
    static func title(_ metric: Metric) -> String {
        metric.unit.isEmpty ? metric.title : "\(metric.title) (\(metric.unit))"
    }

    static func text(_ value: MetricValue?, _ metric: Metric) -> String {
        guard let value else { return "" }
        return value.value.map { text($0, metric) } ?? "undefined"
    }

    static func text(_ value: Double?, _ metric: Metric) -> String {
        guard let value else { return "" }
        guard value.isFinite else { return value < 0 ? "-inf" : "inf" }
        return String(format: "%.\(decimals(metric))f", value)
    }

    static func text(_ range: ClosedRange<Double>?, _ metric: Metric) -> String {
        range.map { "\(text($0.lowerBound, metric)) … \(text($0.upperBound, metric))" } ?? ""
    }

    static func signed(_ value: Double, _ metric: Metric) -> String {
        (value < 0 ? "" : "+") + text(value, metric)
    }

    /// "16 kHz", or several.
    static func rates(_ rates: [Int]) -> String {
        rates.map { "\(Axis.text(Double($0) / 1000)) kHz" }.joined(separator: ", ")
    }

    private static func decimals(_ metric: Metric) -> Int { metric.unit.isEmpty ? 3 : 2 }

    private static func remark(on value: MetricValue?) -> String? {
        guard let value else { return nil }
        if let reason = value.reason { return "undefined: \(reason.advice)" }
        guard let number = value.value, !number.isFinite else { return nil }
        return number < 0 ? "minus infinity, not in the mean" : "infinite, not in the mean"
    }

    private static func exact(_ value: MetricValue?) -> String { value?.value.map { "\($0)" } ?? "" }

    private static func quoted(_ cell: String) -> String {
        guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
        return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }

    /// Columns side by side, the first to the left, the others to the right.
    private static func lines(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let blank = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + blank : blank + row[column]
            }.joined(separator: "  ").replacing(/\s+$/, with: "") + "\n"
        }.joined()
    }
}

extension MetricValue.Reason {
    /// The reason, and what this program offers against it.
    var advice: String {
        if case .tooLong = self { return "\(self), or pass --segment 10" }
        return "\(self)"
    }
}
