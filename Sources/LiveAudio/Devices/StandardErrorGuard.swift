import Foundation

/// Sound libraries print on standard error whatever they try in vain; none of it is news to a user.
enum StandardErrorGuard {
    /// Runs `body` while standard error leads nowhere. What other threads print in that time is lost.
    static func silenced<R>(_ body: () throws -> R) rethrows -> R {
        let saved = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        if saved >= 0, nowhere >= 0 { dup2(nowhere, STDERR_FILENO) }
        if nowhere >= 0 { close(nowhere) }
        defer {
            if saved >= 0 {
                fflush(nil)
                dup2(saved, STDERR_FILENO)
                close(saved)
            }
        }
        return try body()
    }
}
