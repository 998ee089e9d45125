import Alignment
import Foundation

/// What rewards say of recordings.
struct Scoring {
    let batch: ClipBatch
    let failed: [ScoreInputs.Failure]
    /// Whether the rewards are of one file and add up.
    let isOneFile: Bool
    private let compares: Bool
    private let parts: [(set: RewardSet, report: RewardSet.Report)]

    struct Column {
        var term: RewardSet.Term
        var clips: [ClipScore]?
        var set: Result<SetScore, AlignmentError>
        /// Clips that the set's number is of.
        var kept: Int
    }

    init(batch: ClipBatch, sets: [RewardSet], isOneFile: Bool, compares: Bool, failed: [ScoreInputs.Failure]) throws {
        parts = try sets.map { ($0, try $0.report(on: batch, isStrict: isOneFile)) }
        (self.batch, self.isOneFile, self.compares, self.failed) = (batch, isOneFile, compares, failed)
    }

    var columns: [Column] {
        parts.flatMap { set, report in
            set.terms.enumerated().map { index, term in
                Column(term: term, clips: report.clipScores[index], set: report.setScores[index], kept: report.kept.count)
            }
        }
    }

    var remarks: [String] {
        var seen: Set<String> = []
        return columns.flatMap(\.term.reward.remarks).filter { seen.insert($0).inserted }
    }

    /// Why sets have no number.
    var undefinedSets: [String] {
        columns.compactMap { if case .failure(let error) = $0.set { error.localizedDescription } else { nil } }
    }

    struct Comparison {
        var first: String
        var second: String
        var outcome: Result<RewardComparison, AlignmentError>
    }

    /// How alike each pair of rewards of single recordings is; none unless that was asked for. What rewards give to all
    /// recordings of one prompt makes no difference.
    var comparisons: [Comparison] {
        guard compares else { return [] }
        let columns = columns.filter { $0.clips != nil }, prompts = batch.clips.compactMap(\.prompt)
        let groups = prompts.count == batch.clips.count && Set(prompts).count < prompts.count ? prompts : nil
        return columns.indices.flatMap { first in
            columns.indices.dropFirst(first + 1).map { second in
                let values = [first, second].map { columns[$0].clips!.map(\.reward) }
                let outcome = Result { try RewardComparison(values[0], values[1], groups: groups) }
                    .mapError { $0 as? AlignmentError ?? .invalid(what: "The comparison", reason: $0.localizedDescription) }
                return Comparison(
                    first: columns[first].term.reward.name, second: columns[second].term.reward.name, outcome: outcome)
            }
        }
    }

    var total: Double? { isOneFile ? parts[0].report.total : nil }
    var totals: [Double?]? {
        isOneFile && parts[0].set.terms.contains { $0.reward.kind != .distribution } ? parts[0].report.totals : nil
    }

    var dropped: Int { isOneFile ? batch.clips.count - parts[0].report.kept.count : 0 }
}

extension Scoring {
    /// A table of the clips, one of the set, and how the numbers came about.
    var table: String {
        var text = ""
        let perClip = columns.filter { $0.clips != nil }
        if !perClip.isEmpty {
            var rows = [["recording"] + perClip.map(\.term.reward.name) + (totals == nil ? [] : ["total"])]
            for (index, clip) in batch.clips.enumerated() {
                let cells = perClip.map { $0.clips?[index].score.map { Self.format($0.measure) } ?? "–" }
                rows.append([clip.name] + cells + (totals.map { [$0[index].map(Self.format) ?? "–"] } ?? []))
            }
            text += Self.aligned(rows) + "\n"
        }
        var rows: [[String]] = []
        for column in columns {
            guard let score = try? column.set.get() else {
                rows.append([column.term.reward.name, "–", ""])
                continue
            }
            let kind = column.clips == nil ? "of \(column.kept) recordings together" : "mean of \(column.kept)"
            rows.append([column.term.reward.name, Self.format(score.score.measure), kind])
        }
        if let total { rows.append(["total reward", Self.format(total), "weighted sum"]) }
        text += Self.aligned(rows)
        for column in columns {
            for warning in (try? column.set.get())?.warnings ?? [] { text += "\(column.term.reward.name): \(warning)\n" }
            for (index, score) in (column.clips ?? []).enumerated() {
                if case .undefined(let reason) = score { text += "\(column.term.reward.name): \(batch.clips[index].name): \(reason)\n" }
            }
        }
        if dropped > 0 { text += "\(dropped) of \(batch.clips.count) recordings have no reward and were dropped.\n" }
        for pair in comparisons {
            let facts = switch pair.outcome {
            case .success(let found): String(
                format: "rank correlation %.3f, distance %.3f", found.rankCorrelation, found.distance)
            case .failure(let error): error.localizedDescription
            }
            text += "\(pair.first) and \(pair.second): \(facts)\n"
        }
        return text + remarks.map { $0 + "\n" }.joined()
    }

    static func format(_ value: Double) -> String {
        let magnitude = abs(value)
        if magnitude != 0, magnitude < 1e-4 || magnitude >= 1e6 { return String(format: "%.3e", value) }
        return String(format: magnitude < 10 ? "%.4f" : "%.2f", value)
    }

    /// Lines of cells; the first column and words to the left, numbers to the right.
    private static func aligned(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let fill = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 || cell.0.contains(" ") ? cell.0 + fill : fill + cell.0
            }.joined(separator: "  ")
        }
        return lines.map { $0.reversed().drop { $0 == " " }.reversed() }.map { String($0) + "\n" }.joined()
    }
}
