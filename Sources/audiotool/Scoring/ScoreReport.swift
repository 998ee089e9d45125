import Alignment

/// Scores as JSON. A number that does not exist is null, with its reason under `undefined`.
struct ScoreReport: Encodable {
    struct Reward: Encodable {
        var name: String
        var kind: String
        var weight: Double
        var remarks: [String]
    }

    struct Clip: Encodable {
        var name: String
        var prompt: String?
        var measures: [String: Double?] = [:]
        var rewards: [String: Double?] = [:]
        var undefined: [String: String] = [:]
        var total: Double?
    }

    struct Whole: Encodable {
        var counts: [String: Int] = [:]
        var measures: [String: Double?] = [:]
        var rewards: [String: Double?] = [:]
        var undefined: [String: String] = [:]
        var warnings: [String: [String]] = [:]
        var total: Double?
    }

    struct Comparison: Encodable {
        var first: String
        var second: String
        var rank_correlation: Double?
        var distance: Double?
        var undefined: String?
    }

    var program: String
    var rewards: [Reward]
    var clips: [Clip]
    var set: Whole
    var comparisons: [Comparison]?
    var dropped: Int
    var failed: [ScoreInputs.Failure]
}

extension Scoring {
    func report(program: String) -> ScoreReport {
        let columns = columns
        let clips = batch.clips.enumerated().map { index, clip in
            var entry = ScoreReport.Clip(name: clip.name, prompt: clip.prompt, total: totals?[index])
            for column in columns {
                guard let score = column.clips?[index] else { continue }
                let name = column.term.reward.name
                entry.measures[name] = .some(score.score?.measure)
                entry.rewards[name] = .some(score.reward)
                entry.undefined[name] = score.reason
            }
            return entry
        }
        var whole = ScoreReport.Whole(total: total)
        for column in columns {
            let name = column.term.reward.name, score = try? column.set.get()
            whole.counts[name] = column.kept
            whole.measures[name] = .some(score?.score.measure)
            whole.rewards[name] = .some(score?.score.reward)
            if case .failure(let error) = column.set { whole.undefined[name] = error.localizedDescription }
            if let warnings = score?.warnings, !warnings.isEmpty { whole.warnings[name] = warnings }
        }
        return ScoreReport(
            program: program,
            rewards: columns.map {
                .init(
                    name: $0.term.reward.name, kind: $0.term.reward.kind.rawValue, weight: $0.term.weight,
                    remarks: $0.term.reward.remarks)
            },
            clips: clips, set: whole, comparisons: comparisons.isEmpty ? nil : comparisons.map(Self.entry),
            dropped: dropped, failed: failed)
    }

    private static func entry(_ pair: Comparison) -> ScoreReport.Comparison {
        switch pair.outcome {
        case .success(let found):
            .init(first: pair.first, second: pair.second, rank_correlation: found.rankCorrelation, distance: found.distance)
        case .failure(let error): .init(first: pair.first, second: pair.second, undefined: error.localizedDescription)
        }
    }
}
