import Foundation
import MusicRL

/// The log of a run of tuning.
struct TuningLog {
    struct Measured: Decodable {
        var step: Int
        var measurement: TuningMeasurement
    }

    let name: String
    private(set) var rounds: [TuningRound] = []
    private(set) var measurements: [Measured] = []

    /// Whether the run in a folder, or a log, is one of tuning.
    static func isOne(_ path: String) -> Bool {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: file(path))) else { return false }
        return data.split(separator: UInt8(ascii: "\n")).first.map { (try? JSONDecoder().decode(Measured.self, from: $0)) != nil } ?? false
    }

    /// - Parameter path: a log, or the folder of a run.
    /// - Throws: `CommandFailure` for lines that are no log's, save a torn last one.
    init(path: String) throws {
        let file = Self.file(path), parts = file.split(separator: "/").map(String.init)
        name = parts.count > 1 && parts.last == "log.jsonl" ? parts[parts.count - 2] : parts.last ?? path
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: file)) else {
            throw CommandFailure("There is no readable log at \(file).")
        }
        let lines = data.split(separator: UInt8(ascii: "\n")), decoder = JSONDecoder()
        for (index, line) in lines.enumerated() {
            if let measured = try? decoder.decode(Measured.self, from: line) {
                measurements.append(measured)
            } else if let round = try? decoder.decode(TuningRound.self, from: line) {
                rounds.append(round)
            } else if index < lines.count - 1 {
                throw CommandFailure("Line \(index + 1) of \(file) is no entry of a log of tuning.")
            }
        }
    }

    private static func file(_ path: String) -> String { OutputPlan.isFolder(path) ? OutputPlan.join(path, "log.jsonl") : path }

    var lastStep: Double { Double(max(rounds.last?.step ?? 0, measurements.last?.step ?? 0)) }
}

/// The curves of runs of tuning: rewards with the start's as dashes, win rates, divergence, entropy and loss.
struct TuningPicture {
    let runs: [TuningLog]
    let names: [String]

    func picture() -> Picture {
        let steps = Axis("Round", 0...max(runs.map(\.lastStep).max() ?? 1, 1))
        var panels: [any Panel] = []
        func add(_ title: String, _ label: String, _ curves: (TuningLog, Colour) -> [CurvePanel.Curve]) {
            let all = runs.enumerated().flatMap { curves($1, .series($0)) }.filter { !$0.points.isEmpty }
            if !all.isEmpty { panels.append(CurvePanel(title: title, label: label, steps: steps, curves: all)) }
        }
        func measured(_ log: TuningLog, _ colour: Colour, dashes: [Double] = [], _ value: (TuningMeasurement) -> Double?) -> CurvePanel.Curve {
            let points = log.measurements.compactMap { item in value(item.measurement).map { Point(Double(item.step), $0) } }
            return CurvePanel.Curve(points: points, colour: colour, dashes: dashes, hasDots: dashes.isEmpty)
        }
        for reward in Set(runs.flatMap { $0.measurements.flatMap { $0.measurement.rewards.keys } }).sorted() {
            add("Held out: \(reward) (start dashed)", reward) { log, colour in
                [measured(log, colour) { $0.rewards[reward]?.value }, measured(log, colour, dashes: [5, 4]) { $0.rewards[reward]?.start }]
            }
        }
        add("Held out: share of prompts at which the trained reward wins", "Win rate") { log, colour in
            [measured(log, colour) { $0.rewards[$0.trained]?.winRate }]
        }
        add("Held out: divergence from the start", "KL (nats a clip)") { log, colour in [measured(log, colour) { $0.divergence }] }
        add("Held out: different clips, in effect", "Vendi score") { log, colour in [measured(log, colour) { $0.diversity }] }
        func round(_ log: TuningLog, _ colour: Colour, _ value: (TuningRound) -> Double?) -> CurvePanel.Curve {
            CurvePanel.Curve(points: log.rounds.compactMap { entry in value(entry).map { Point(Double(entry.step), $0) } }, colour: colour)
        }
        add("Entropy of the codes drawn", "Nats a code") { log, colour in [round(log, colour) { $0.entropy }] }
        add("Reward of the rounds", "Reward") { log, colour in [round(log, colour) { $0.reward }] }
        add("Loss", "Loss") { log, colour in [round(log, colour) { $0.loss }] }
        return Picture(
            columns: [panels], panelWidth: 900, rowHeights: panels.map { _ in 170.0 },
            legend: zip(names, runs.indices).map { ($0, .series($1)) })
    }
}
