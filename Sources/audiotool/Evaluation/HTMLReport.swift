import AudioMetrics
import Foundation

/// An evaluation as one page that opens from disk: a summary, a table that sorts by a click, and for each pair its sounds
/// and spectrograms.
struct HTMLReport {
    let evaluation: Evaluation
    let media: [ReportMedia.Entry]
    /// What the page is about: "clean against enhanced".
    let title: String
    let program: String

    var page: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(Self.escaped(title))</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <h1>\(Self.escaped(title))</h1>
        <p class="note">\(remark) Measured by \(Self.escaped(program)).</p>
        <h2>Summary</h2>
        \(summary)
        <h2>Recordings</h2>
        <p class="note">A click on a heading sorts by that column, a second one the other way round.</p>
        \(table)
        \(details)
        <script>\(Self.script)</script>
        </body>
        </html>

        """
    }

    private var remark: String {
        let count = evaluation.results.count
        var parts = ["\(count) recording\(count == 1 ? "" : "s")."]
        if evaluation.failedCount > 0 { parts.append("\(evaluation.failedCount) could not be measured.") }
        if !evaluation.missing.isEmpty { parts.append("\(evaluation.missing.count) without a partner.") }
        if evaluation.hasInput { parts.append("Changes are estimate minus input.") }
        return parts.joined(separator: " ")
    }

    private var summary: String {
        var headings = ["Metric", "Computed at", "Mean", "95 % interval", "Median", "n", "Undefined", "Infinite"]
        if evaluation.hasInput { headings += ["Input mean", "Mean change", "95 % interval"] }
        let rows = evaluation.metrics.map { metric -> String in
            let own = evaluation.summary(of: metric)
            var cells = [
                EvaluationTable.rates(evaluation.rates(of: metric)), EvaluationTable.text(own.mean, metric),
                EvaluationTable.text(own.interval, metric), EvaluationTable.text(own.median, metric), "\(own.count)",
                "\(own.undefinedCount)", "\(own.infiniteCount)",
            ]
            if evaluation.hasInput {
                let change = evaluation.improvementSummary(of: metric)
                cells += [
                    EvaluationTable.text(evaluation.inputSummary(of: metric).mean, metric),
                    change?.mean.map { EvaluationTable.signed($0, metric) } ?? "",
                    EvaluationTable.text(change?.interval, metric),
                ]
            }
            let title = Self.escaped(EvaluationTable.title(metric)), about = Self.escaped(metric.definition)
            let row = cells.map { "<td>\(Self.escaped($0))</td>" }.joined()
            return "<tr><th scope=\"row\" title=\"\(about)\">\(title)</th>\(row)</tr>"
        }
        return """
            <div class="wide"><table id="summary">
            <thead><tr>\(headings.map { "<th scope=\"col\">\($0)</th>" }.joined())</tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
            """
    }

    /// One row a pair; cells carry their exact value for sorting.
    private var table: String {
        let changing = evaluation.hasInput ? evaluation.metrics.filter { $0.isHigherBetter != nil } : []
        var headings = ["<th scope=\"col\" data-key=\"name\"><button>Recording</button></th>"]
        headings += evaluation.metrics.map { Self.heading(EvaluationTable.title($0), key: $0.key, about: $0.definition) }
        headings += changing.map {
            Self.heading("Δ \(EvaluationTable.title($0))", key: "improvement_\($0.key)", about: "estimate minus input")
        }
        let rows = evaluation.results.enumerated().map { index, result -> String in
            let name = Self.escaped(result.pair.name)
            var cells = ["<th scope=\"row\" data-value=\"\(name)\"><a href=\"#r\(index + 1)\">\(name)</a></th>"]
            guard let report = result.report else {
                let message = if case .failure(let failure) = result.outcome { failure.message } else { "" }
                let span = evaluation.metrics.count + changing.count
                return "<tr class=\"failed\">\(cells[0])<td colspan=\"\(span)\">\(Self.escaped(message))</td></tr>"
            }
            cells += evaluation.metrics.map { Self.cell(report.estimate.values[$0], $0) }
            cells += changing.map { metric in
                guard let change = report.improvements[metric] else { return "<td></td>" }
                let isWorse = (change < 0) == metric.isHigherBetter, text = EvaluationTable.signed(change, metric)
                return "<td data-value=\"\(change)\" class=\"\(isWorse ? "worse" : "better")\">\(text)</td>"
            }
            return "<tr>\(cells.joined())</tr>"
        }
        return """
            <div class="wide"><table id="files" class="sortable"><thead><tr>\(headings.joined())</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody></table></div>
            """
    }

    private var details: String {
        zip(evaluation.results, media).enumerated().map { index, item in
            let (result, entry) = item
            var parts = ["<h3>\(Self.escaped(result.pair.name))</h3>"]
            if case .failure(let failure) = result.outcome {
                parts.append("<p class=\"failed\">\(Self.escaped(failure.message))</p>")
            } else if let problem = entry.problem {
                parts.append("<p class=\"failed\">\(Self.escaped(problem))</p>")
            }
            let notes = result.report?.estimate.notes ?? []
            if !notes.isEmpty { parts.append("<p class=\"note\">\(Self.escaped(notes.joined(separator: "; ")))</p>") }
            let players = entry.players.map { player in
                "<label>\(player.label)<audio controls preload=\"none\" src=\"\(Self.escaped(player.path))\"></audio></label>"
            }
            if !players.isEmpty { parts.append("<div class=\"players\">\(players.joined())</div>") }
            if let picture = entry.picture {
                let about = "Spectrograms of \(Self.escaped(result.pair.name))"
                parts.append("<img loading=\"lazy\" src=\"\(Self.escaped(picture))\" alt=\"\(about)\">")
            }
            return "<section id=\"r\(index + 1)\">\(parts.joined(separator: "\n"))</section>"
        }.joined(separator: "\n")
    }

    private static func heading(_ title: String, key: String, about: String) -> String {
        "<th scope=\"col\" data-key=\"\(key)\" title=\"\(escaped(about))\"><button>\(escaped(title))</button></th>"
    }

    private static func cell(_ value: MetricValue?, _ metric: Metric) -> String {
        guard let value else { return "<td></td>" }
        guard let number = value.value else {
            return "<td class=\"none\" title=\"\(escaped(value.reason?.advice ?? ""))\">undefined</td>"
        }
        // Numbers as JavaScript reads them.
        let exact = number.isFinite ? "\(number)" : number < 0 ? "-Infinity" : "Infinity"
        return "<td data-value=\"\(exact)\">\(EvaluationTable.text(number, metric))</td>"
    }

    /// Text that HTML shows as it is, inside quotation marks too.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }
}
