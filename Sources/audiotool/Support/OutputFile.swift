import Foundation

/// Files of results that are no sound: pictures, tables, reports.
enum OutputFile {
    /// Writes a file that appears whole or not at all.
    static func write(_ data: Data, to path: String) throws {
        let target = URL(fileURLWithPath: path)
        let temporary = target.deletingLastPathComponent()
            .appendingPathComponent(".\(target.lastPathComponent.prefix(100)).\(UInt32.random(in: 0 ... .max)).partial").path
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw failure(path) }
        let isWritten = data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let put = Foundation.write(file, bytes.baseAddress! + done, bytes.count - done)
                if put < 0, errno == EINTR { continue }
                guard put > 0 else { return false }
                done += put
            }
            return true
        }
        let reason = errno
        guard close(file) == 0, isWritten, rename(temporary, path) == 0 else {
            let failure = failure(path, isWritten ? errno : reason)
            unlink(temporary)
            throw failure
        }
    }

    private static func failure(_ path: String, _ code: Int32 = errno) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(code))).")
    }
}
