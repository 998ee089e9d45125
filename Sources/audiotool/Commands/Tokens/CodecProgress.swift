import ArgumentParser
import Foundation

/// Shows how far a codec has come, and stops it on Ctrl-C.
struct CodecProgress {
    private let console: Console
    private let seconds: Double?

    /// - Parameter seconds: Length of the sound, nil where it is unknown.
    init(_ console: Console, seconds: Double?) { (self.console, self.seconds) = (console, seconds) }

    /// - Throws: What `work` throws, and exit code 130 when interrupted.
    func run<Result>(_ work: (_ onProgress: (Double) throws -> Void) throws -> Result) throws -> Result {
        let interruption = Interruption(), clock = ProgressClock()
        defer { console.clearProgress() }
        do {
            return try work { done in
                if interruption.isRequested { throw CancellationError() }
                console.progress(seconds.map { clock.line(done: done, total: $0) } ?? String(format: "%.1f s", done))
            }
        } catch is CancellationError {
            throw ExitCode(130)
        }
    }
}
