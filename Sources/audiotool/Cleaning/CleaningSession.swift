import ArgumentParser
import Foundation
import Synchronization

/// Works through the jobs of one cleaning command, some of them side by side, and keeps the account of them.
final class CleaningSession: Sendable {
    private let worker: any RecordingWorker
    private let jobs: [OutputPlan.Job]
    private let console: Console
    private let interruption: Interruption
    private let skipsExisting: Bool
    private let printsResults: Bool
    private let verb: String
    private let board: ProgressBoard
    private let clock = ProgressClock()

    private struct State {
        var next = 0
        var entries: [CleaningReport.Entry?]
        var wasInterrupted = false
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - skipsExisting: whether jobs whose output is there already are left out.
    ///   - printsResults: whether finished recordings are named on standard output.
    ///   - verb: the status of what is finished.
    init(
        _ jobs: [OutputPlan.Job], worker: any RecordingWorker, console: Console, interruption: Interruption,
        skipsExisting: Bool, printsResults: Bool, verb: String = "enhanced"
    ) {
        (self.jobs, self.worker, self.console, self.interruption) = (jobs, worker, console, interruption)
        (self.skipsExisting, self.printsResults, self.verb) = (skipsExisting, printsResults, verb)
        board = ProgressBoard(jobCount: jobs.count)
        state = Mutex(State(entries: Array(repeating: nil, count: jobs.count)))
    }

    /// Goes on after a recording that fails, and stops when interrupted.
    ///
    /// - Parameter workers: how many recordings are at work at once. Results do not depend on it.
    func run(workers: Int) {
        sideBySide(workers) {
            while let index = self.takeJob() { self.work(on: index) }
        }
        console.clearProgress()
    }

    var report: CleaningReport {
        CleaningReport(files: state.withLock { $0.entries }.compactMap { $0 }, verb: verb)
    }

    /// Says how it ended: throws the exit code unless all went well.
    func conclude() throws {
        let report = report
        if state.withLock({ $0.wasInterrupted }) {
            let left = jobs.count - report.files.count
            console.note("Interrupted: \(report.done) written, \(left) left, nothing half-written.")
            throw ExitCode(130)
        }
        if printsResults, jobs.count > 1 { console.result(report.summary(elapsed: clock.elapsed)) }
        guard report.failed > 0 else { return }
        if jobs.count > 1 {
            let names = report.files.filter { $0.status == "failed" }.map(\.input)
            console.error("\(report.failed) of \(jobs.count) recordings failed: \(names.joined(separator: ", "))")
        }
        throw ExitCode.failure
    }

    /// The next job that nobody has begun; nil after the last one and after an interruption.
    private func takeJob() -> Int? {
        state.withLock { state in
            guard state.next < jobs.count else { return nil }
            if interruption.isRequested { state.wasInterrupted = true }
            guard !state.wasInterrupted else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func work(on index: Int) {
        let job = jobs[index]
        if skipsExisting, job.output != "-", OutputPlan.exists(job.output) {
            finish(index, CleaningReport.Entry(input: job.input, output: job.output, status: "skipped"))
            console.note("\(job.output) is there already: skipped")
            return
        }
        board.begin(index, name: job.input)
        defer { board.end(index) }
        do {
            let entry = try worker.work(on: job) { done, total in
                if interruption.isRequested { throw CancellationError() }
                board.update(index, done: done, total: total)
                console.progress(board.line())
            }
            finish(index, entry)
            show(entry)
        } catch is CancellationError {
            state.withLock { $0.wasInterrupted = true }
        } catch {
            let message = Self.message(of: error, about: job)
            finish(index, CleaningReport.Entry(input: job.input, status: "failed", error: message))
            console.error(message)
        }
    }

    private func finish(_ index: Int, _ entry: CleaningReport.Entry) { state.withLock { $0.entries[index] = entry } }

    private func show(_ entry: CleaningReport.Entry) {
        for warning in entry.warnings ?? [] { console.note("\(entry.input): \(warning)") }
        guard printsResults, let output = entry.output, let seconds = entry.seconds else { return }
        let speed = seconds / max(entry.processingSeconds ?? 0, 1e-3)
        let search = entry.search.map { ", \($0)" } ?? ""
        console.result("\(entry.input) → \(output)  " + String(format: "%.1f s, %.1f× real time", seconds, speed) + search)
    }

    /// An error's message, which names the recording.
    private static func message(of error: any Error, about job: OutputPlan.Job) -> String {
        let text = error.localizedDescription
        let name = job.input == "-" ? "standard input" : job.input
        return text.contains(name) || text.contains(job.output) ? text : "\(name): \(text)"
    }
}
