import Foundation
import Synchronization

/// What goes to standard error: notes, errors, and on a terminal a line that is rewritten while work goes on. Any thread
/// may write.
final class Console: Sendable {
    private struct Line {
        var isOpen = false
        var lastUpdate = Date.distantPast
    }

    private let isQuiet: Bool
    private let showsProgress: Bool
    private let line = Mutex(Line())

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        showsProgress = !isQuiet && isatty(STDERR_FILENO) != 0
    }

    /// A line that may be left out with `--quiet`.
    func note(_ text: String) {
        if !isQuiet { print(text) }
    }

    /// A line that is always printed.
    func error(_ text: String) {
        print("Error: \(text)")
    }

    /// Rewrites the progress line, at most ten times a second.
    func progress(_ text: @autoclosure () -> String) {
        guard showsProgress else { return }
        line.withLock { line in
            guard Date().timeIntervalSince(line.lastUpdate) >= 0.1 else { return }
            line = Line(isOpen: true, lastUpdate: Date())
            Self.write("\r\u{1B}[K" + text())
        }
    }

    /// Takes the progress line away.
    func clearProgress() {
        line.withLock { Self.clear(&$0) }
    }

    private func print(_ text: String) {
        line.withLock { line in
            Self.clear(&line)
            Self.write(text + "\n")
        }
    }

    private static func clear(_ line: inout Line) {
        if line.isOpen { write("\r\u{1B}[K") }
        line.isOpen = false
    }

    private static func write(_ text: String) {
        // A reader that has gone away is no reason to stop.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}

/// Rate and time left of one piece of work.
struct ProgressClock {
    private let start = Date()

    /// "42 %  12.3× real time  0:31 left", when `done` of `total` seconds of sound are finished.
    func line(done: Double, total: Double) -> String {
        let elapsed = Date().timeIntervalSince(start)
        guard done > 0, elapsed > 0 else { return "measuring the level" }
        let rate = done / elapsed
        return String(
            format: "%3.0f %%  %.1f× real time  %@ left", 100 * done / total, rate,
            Self.duration((total - done) / rate))
    }

    var elapsed: Double { Date().timeIntervalSince(start) }

    /// 95 → "1:35".
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e7 else { return "?" }
        let whole = Int(seconds.rounded())
        return whole >= 3600
            ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
            : String(format: "%d:%02d", whole / 60, whole % 60)
    }
}
