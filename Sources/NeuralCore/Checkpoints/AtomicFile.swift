import Foundation

/// A file that appears under its name whole or not at all: it is written beside it, then renamed.
package final class AtomicFile {
    private let path: String
    private let temporaryPath: String
    private var descriptor: Int32

    /// - Parameter mode: its permissions, less those that the process withholds.
    /// - Throws: `CheckpointError.notWritten` when the folder takes no files.
    package init(path: String, mode: mode_t = 0o644) throws {
        self.path = path
        let target = URL(fileURLWithPath: path)
        temporaryPath = target.deletingLastPathComponent()
            .appendingPathComponent(".\(target.lastPathComponent.prefix(100)).\(UUID().uuidString.prefix(8)).partial").path
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw CheckpointError.notWritten(path: path, reason: systemReason())
        }
    }

    deinit { discard() }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let put = Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if put < 0, errno == EINTR { continue }
            guard put > 0 else { throw failure() }
            done += put
        }
    }

    /// Brings the file to the disk and gives it its name.
    package func commit() throws {
        guard fsync(descriptor) == 0, close(descriptor) == 0 else { throw failure() }
        descriptor = -1
        guard rename(temporaryPath, path) == 0 else {
            let error = failure()
            unlink(temporaryPath)
            throw error
        }
    }

    private func failure() -> CheckpointError { .notWritten(path: path, reason: systemReason()) }

    private func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(temporaryPath)
        descriptor = -1
    }
}
