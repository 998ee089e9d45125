import Foundation
import Training

/// Shows a training run: lines that stay, and the progress line.
struct TrainingDisplay {
    let console: Console

    func show(_ event: TrainingEvent) {
        switch event {
        case .note(let text):
            console.note(text)
        case .step(let progress):
            console.progress(Self.line(for: progress))
        case .validation(let step, let report, let isBest):
            console.note("step \(step): \(report.summary)\(isBest ? ", the best so far" : "")")
        case .checkpoint(_, let step):
            console.progress("step \(step): saved")
        }
    }

    /// "step 1200 of 100000   loss 0.4312   38.2 examples/s   5:21:07 left".
    static func line(for progress: TrainingProgress) -> String {
        String(
            format: "step %d of %d   loss %.4f   %.1f examples/s   %@ left", progress.step, progress.steps, progress.loss,
            progress.examplesPerSecond, ProgressClock.duration(progress.secondsLeft))
    }
}
