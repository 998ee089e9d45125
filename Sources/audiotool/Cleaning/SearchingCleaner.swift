import Alignment
import AudioDSP
import Foundation
import ScoreDiffusion

/// Cleans recordings in several versions and keeps the one that rewards like best.
struct SearchingCleaner: RecordingWorker {
    let cleaner: RecordingCleaner
    let rewards: RewardSet
    /// Versions of each recording.
    let versions: Int

    func work(
        on job: OutputPlan.Job, onProgress: (_ done: Double, _ total: Double) throws -> Void
    ) throws -> CleaningReport.Entry {
        guard !RecordingCleaner.isStream(job.input) else {
            throw CommandFailure("\(job.input == "-" ? "Standard input" : job.input) comes only once: a search needs a file.")
        }
        let clock = ProgressClock(), folder = FileManager.default.temporaryDirectory.path + "/audiotool-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var made = 0
        func clean(_ job: OutputPlan.Job, _ turns: [NoiseTurn]) throws -> CleaningReport.Entry {
            var cleaner = cleaner
            cleaner.enhancer.options.noiseTurns = turns
            defer { made += 1 }
            return try cleaner.work(on: job) { done, total in
                try onProgress(Double(made) * total + done, Double(versions + 1) * total)
            }
        }
        let trial = OutputPlan.Job(input: job.input, output: folder + "/version.wav")
        let outcome = try NoiseSearch(versions: versions, seed: cleaner.enhancer.options.seed).run { turns in
            _ = try clean(trial, turns)
            return try rewards.report(on: ClipBatch([Clip(name: job.input, source: .file(trial.output))]), isStrict: false).total
        }
        guard let best = outcome.best else {
            throw CommandFailure("\(job.input): \(rewards.name) says nothing of its versions, so none can be chosen.")
        }
        var entry = try clean(job, outcome.turns)
        entry.search = NoiseSearchReport(versions: versions, start: outcome.start, best: best)
        entry.processingSeconds = clock.elapsed
        if outcome.isFlat, versions > 1 {
            entry.warnings = (entry.warnings ?? []) + [
                "all versions are alike: no noise that counts is drawn in so few steps of this sampler; try --sampler sde --steps 4"]
        }
        return entry
    }
}

/// What a search came to.
struct NoiseSearchReport: Encodable {
    var versions: Int
    /// The reward of the version that comes without a search, where it has one, and of the one that was kept.
    var start: Double?
    var best: Double
}

extension NoiseSearchReport: CustomStringConvertible {
    var description: String {
        "reward " + (start.map { String(format: "%.4g", $0) } ?? "none") + String(format: " → %.4g", best)
    }
}
