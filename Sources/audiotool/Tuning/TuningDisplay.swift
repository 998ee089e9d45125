import Foundation
import MusicRL
import Synchronization

/// Shows a run of tuning: a table of its rounds, what held-out prompts say, and the progress line.
final class TuningDisplay: Sendable {
    private let console: Console
    private let rows = Mutex(0)
    private let clock = ProgressClock()

    init(console: Console) { self.console = console }

    func show(_ event: TuningEvent) {
        switch event {
        case .note(let text): console.note(text)
        case .progress(let what, let share):
            console.progress(share > 0 ? String(format: "%@  %.0f %%", what, 100 * share) : what)
        case .round(let round, let count):
            if rows.withLock({ $0 += 1; return $0 % 20 == 1 }) { console.note(Self.heading) }
            console.note(Self.row(round, of: count))
        case .measurement(let step, let measurement, let isBest):
            console.note(Self.line(measurement, step: step) + (isBest ? ", the best so far" : ""))
        case .checkpoint: break
        }
    }

    static let heading = "    round    reward  no signal  KL (nats)  entropy      loss  wanted Δ  unwanted Δ"

    static func row(_ round: TuningRound, of count: Int) -> String {
        func cell(_ value: Double?, _ width: Int, _ format: String = "%.4g") -> String {
            let text = value.map { String(format: format, $0) } ?? "–"
            return String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let number = "\(round.step)/\(count)"
        var line = String(repeating: " ", count: max(0, 9 - number.count)) + number
        line += cell(round.reward, 10) + cell(round.withoutSignal.map { 100 * $0 }, 9, "%.0f") + (round.withoutSignal == nil ? "  " : " %")
        line += cell(round.divergence, 11) + cell(round.entropy, 9, "%.3f") + cell(round.loss, 10)
        line += cell(round.chosenChange, 10) + cell(round.rejectedChange, 12)
        if let dropped = round.dropped { line += "  \(dropped) without a reward dropped" }
        if let skipped = round.skipped { line += "  \(skipped) updates skipped" }
        return line
    }

    /// "held out, round 10: reward 0.31 (start 0.22) wins 71.9 %; KL 3.1 nats a clip; …"
    static func line(_ measurement: TuningMeasurement, step: Int) -> String {
        func text(_ name: String, _ reward: TuningMeasurement.Reward) -> String {
            String(format: "%@ %.4g (start %.4g) wins %.1f %%", name, reward.value, reward.start, 100 * reward.winRate)
        }
        var parts: [String] = []
        if let trained = measurement.rewards[measurement.trained] { parts.append(text(measurement.trained, trained)) }
        for (name, reward) in measurement.rewards.sorted(by: { $0.key < $1.key }) where name != measurement.trained {
            parts.append(text(name, reward))
        }
        parts.append(String(format: "KL %.3g nats a clip", measurement.divergence))
        parts.append(String(format: "entropy %.3f", measurement.entropy))
        if let sounding = measurement.soundingSeconds {
            parts.append(String(format: "%.1f of %.1f s sound", sounding, measurement.seconds))
        }
        if let diversity = measurement.diversity { parts.append(String(format: "%.1f of %d different", diversity, measurement.clips)) }
        parts.append(String(format: "repeats %.0f %%", 100 * measurement.repetition))
        return "held out, round \(step): " + parts.joined(separator: "; ")
    }
}
