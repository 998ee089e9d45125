import AudioDSP
import Foundation
import MusicRL
import NeuralCore

/// A run of tuning as one page that opens from disk: how it went, and clips of before and after with the same seeds.
struct TuningPage {
    let output: String
    let start: MusicModel
    let settings: TuningConfiguration
    let prompts: [String]
    let isCancelled: @Sendable () -> Bool
    /// Prompts whose clips are shown.
    var shown = 6

    private struct Pair {
        var prompt: String
        var before: String
        var after: String
    }

    /// `report.html` beside the run's model, its sounds and curves in `report_files`.
    func write() throws {
        let log = try TuningLog(path: output)
        let folder = OutputPlan.join(output, "report_files")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let pairs = try clips(into: folder)
        try OutputFile.write(TuningPicture(runs: [log], names: [log.name]).picture().drawn(as: .svg).encoded(), to: OutputPlan.join(folder, "curves.svg"))
        try OutputFile.write(Data(page(log, pairs).utf8), to: OutputPlan.join(output, "report.html"))
    }

    private func clips(into folder: String) throws -> [Pair] {
        let tuned = try MusicModel(.init(path: OutputPlan.join(output, "model.safetensors")))
        let generators = try [("before", start), ("after", tuned)].map { ($0, try MusicGenerator(model: $1, precision: .float32)) }
        return try prompts.prefix(shown).enumerated().map { index, prompt in
            let files = try generators.map { label, generator in
                let request = MusicRequest(
                    prompt: prompt, seconds: settings.seconds, seeds: [settings.seed &+ UInt64(index)], sampling: settings.sampling)
                var sound = AudioBuffer(channels: [[Float]](repeating: [], count: start.channels), sampleRate: start.sampleRate)
                try generator.generate(
                    request, onProgress: { _ in if isCancelled() { throw CancellationError() } }, into: { sound.append($1); _ = $0 })
                let name = "\(index + 1)-\(label).flac"
                try AudioFile.write(sound, to: OutputPlan.join(folder, name))
                return "report_files/" + name
            }
            return Pair(prompt: prompt, before: files[0], after: files[1])
        }
    }

    private func page(_ log: TuningLog, _ pairs: [Pair]) -> String {
        let title = "\(log.name): \(settings.method.rawValue)"
        let sounds = pairs.map { pair in
            """
            <section><h3>\(HTMLReport.escaped(pair.prompt))</h3><div class="players">
            <label>Before<audio controls preload="none" src="\(pair.before)"></audio></label>
            <label>After<audio controls preload="none" src="\(pair.after)"></audio></label></div></section>
            """
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTMLReport.escaped(title))</title>
            <style>\(HTMLReport.style)</style>
            </head>
            <body>
            <h1>\(HTMLReport.escaped(title))</h1>
            <p class="note">\(log.rounds.count) rounds, seed \(settings.seed), clips of \(settings.seconds) s. Written by \(HTMLReport.escaped(Audiotool.program)).</p>
            <h2>Held-out prompts</h2>
            \(table(log))
            <h2>Curves</h2>
            <img src="report_files/curves.svg" alt="Rewards, divergence and entropy over the rounds">
            <h2>Before and after</h2>
            <p class="note">Held-out prompts; both clips of a pair have one seed.</p>
            \(sounds.joined(separator: "\n"))
            <script>\(HTMLReport.script)</script>
            </body>
            </html>

            """
    }

    private func table(_ log: TuningLog) -> String {
        let names = Set(log.measurements.flatMap { $0.measurement.rewards.keys }).sorted()
        let headings = ["Round"] + names.flatMap { [HTMLReport.escaped($0), "wins"] }
            + ["KL, nats a clip", "Entropy", "Sounding", "Different", "Repeats"]
        let rows = log.measurements.map { item -> String in
            let found = item.measurement
            var cells = ["\(item.step)"] + names.flatMap { name -> [String] in
                guard let reward = found.rewards[name] else { return ["–", "–"] }
                return [String(format: "%.4g", reward.value), String(format: "%.1f %%", 100 * reward.winRate)]
            }
            cells += [
                String(format: "%.3g", found.divergence), String(format: "%.3f", found.entropy),
                found.soundingSeconds.map { String(format: "%.1f of %.1f s", $0, found.seconds) } ?? "–",
                found.diversity.map { String(format: "%.1f of %d", $0, found.clips) } ?? "–",
                String(format: "%.0f %%", 100 * found.repetition),
            ]
            return "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        return "<div class=\"wide\"><table><thead><tr>" + headings.map { "<th>\($0)</th>" }.joined() + "</tr></thead><tbody>"
            + rows.joined(separator: "\n") + "</tbody></table></div>"
    }
}
