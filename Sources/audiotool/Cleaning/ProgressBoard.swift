import Foundation
import Synchronization

/// How far the recordings at work have come, in one line.
final class ProgressBoard: Sendable {
    private struct Work {
        var index: Int
        var name: String
        var clock = ProgressClock()
        var done = 0.0
        var total = 0.0
    }

    private struct State {
        var work: [Work] = []
        var finished = 0
        /// Seconds of sound in what is finished.
        var finishedSeconds = 0.0
    }

    private let jobCount: Int
    private let clock = ProgressClock()
    private let state = Mutex(State())

    init(jobCount: Int) { self.jobCount = jobCount }

    func begin(_ index: Int, name: String) { state.withLock { $0.work.append(Work(index: index, name: name)) } }

    /// Seconds of sound done, and in all; nothing in all while the level is measured.
    func update(_ index: Int, done: Double, total: Double) {
        state.withLock { state in
            guard let place = state.work.firstIndex(where: { $0.index == index }) else { return }
            (state.work[place].done, state.work[place].total) = (done, total)
        }
    }

    func end(_ index: Int) {
        state.withLock { state in
            guard let place = state.work.firstIndex(where: { $0.index == index }) else { return }
            state.finished += 1
            state.finishedSeconds += state.work.remove(at: place).done
        }
    }

    /// "[2/10] street.wav  42 %  12.3× real time  0:31 left", or where several are at work
    /// "[3/10]  a.wav 42 %, b.wav 7 %  18.1× real time".
    func line() -> String {
        state.withLock { state in
            let count = jobCount > 1 ? "[\(state.work.count == 1 ? state.work[0].index + 1 : state.finished)/\(jobCount)] " : ""
            if state.work.count == 1 {
                let work = state.work[0]
                return "\(count)\(work.name)  \(work.clock.line(done: work.done, total: work.total))"
            }
            let parts = state.work.map { work in
                "\((work.name as NSString).lastPathComponent) "
                    + String(format: "%.0f %%", work.total > 0 ? 100 * work.done / work.total : 0)
            }
            let seconds = state.finishedSeconds + state.work.reduce(0) { $0 + $1.done }
            return "\(count) \(parts.joined(separator: ", "))  "
                + String(format: "%.1f× real time", seconds / max(clock.elapsed, 1e-3))
        }
    }
}
