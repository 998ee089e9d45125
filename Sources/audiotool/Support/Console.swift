import Foundation
import Synchronization

/// What goes to standard error: notes, errors, and on a terminal a line that is rewritten while work goes on; and lines
/// of results on standard output between them. Any thread may write.
final class Console: Sendable {
    private struct ProgressLine {
        var isOpen = false
        var lastUpdate = Date.distantPast
    }

    private let isQuiet: Bool
    private let showsProgress: Bool
    private let progressLine = Mutex(ProgressLine())

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        showsProgress = !isQuiet && isatty(STDERR_FILENO) != 0
    }

    /// A line that may be left out with `--quiet`.
    func note(_ text: String) {
        if !isQuiet { print(line: text) }
    }

    /// A line that is always printed.
    func error(_ text: String) {
        print(line: "Error: \(text)")
    }

    /// A line on standard output.
    func result(_ text: String) {
        progressLine.withLock { line in
            Self.clear(&line)
            Swift.print(text)
        }
    }

    /// Rewrites the progress line, at most ten times a second. What does not fit the terminal's width is left out.
    func progress(_ text: @autoclosure () -> String) {
        guard showsProgress else { return }
        progressLine.withLock { line in
            guard Date().timeIntervalSince(line.lastUpdate) >= 0.1 else { return }
            line.lastUpdate = Date()
            line.isOpen = true
            Self.write("\r\u{1B}[K" + text().prefix(Self.terminalWidth - 1))
        }
    }

    /// Takes the progress line away.
    func clearProgress() { progressLine.withLock { Self.clear(&$0) } }

    private func print(line text: String) {
        progressLine.withLock { line in
            Self.clear(&line)
            Self.write(text + "\n")
        }
    }

    private static func clear(_ line: inout ProgressLine) {
        if line.isOpen { write("\r\u{1B}[K") }
        line.isOpen = false
    }

    private static var terminalWidth: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
    }

    private static func write(_ text: String) {
        // A reader that has gone away is no reason to stop.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}

/// Rate and time left of one piece of work.
struct ProgressClock: Sendable {
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
