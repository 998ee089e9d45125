import Foundation

/// Where a written file's bytes go: a temporary file beside the target that replaces it in one step, or a pipe.
final class FileSink {
    /// The path as it was given.
    let path: String
    /// The code of the first write that failed.
    private(set) var failure: Int32?
    private(set) var length = 0
    /// Whether bytes already written can be changed.
    let isSeekable: Bool

    private var descriptor: Int32
    private let target: String
    private let temporary: String?
    private let ownsDescriptor: Bool
    /// Offset of the first byte, on a standard output that is a file.
    private let origin: Int

    var isStandardOutput: Bool { !ownsDescriptor }

    /// Checks that the folder can be written and opens the temporary file; "-" is standard output.
    init(path: String) throws {
        self.path = path == "-" ? "standard output" : path
        var status = stat()
        if path == "-" {
            descriptor = STDOUT_FILENO
            ownsDescriptor = false
            target = path
            temporary = nil
            let isFile = fstat(STDOUT_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            isSeekable = isFile && fcntl(STDOUT_FILENO, F_GETFL) & O_APPEND == 0
            origin = isSeekable ? max(0, Int(lseek(STDOUT_FILENO, 0, SEEK_CUR))) : 0
            return
        }
        let exists = stat(path, &status) == 0
        if exists, status.st_mode & S_IFMT == S_IFDIR {
            throw AudioFileError.cannotCreate(path: path, reason: "it is a folder")
        }
        ownsDescriptor = true
        origin = 0
        if exists, status.st_mode & S_IFMT != S_IFREG {
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
            target = path
            temporary = nil
            isSeekable = false
        } else {
            // A link keeps pointing where it did: what it points to is replaced.
            let resolved = exists ? URL(fileURLWithPath: path).resolvingSymlinksInPath().path : path
            let url = URL(fileURLWithPath: resolved)
            let folder = url.deletingLastPathComponent().path
            guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw AudioFileError.cannotCreate(path: path, reason: "there is no folder \(folder)")
            }
            guard !exists || access(resolved, W_OK) == 0 else {
                throw AudioFileError.cannotCreate(path: path, reason: systemReason())
            }
            let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
            let name = "\(folder)/.\(url.lastPathComponent.prefix(100)).\(unique).partial"
            let mode = exists && stat(resolved, &status) == 0 ? status.st_mode & 0o777 : 0o666
            descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            target = resolved
            temporary = name
            isSeekable = true
        }
        guard descriptor >= 0 else { throw AudioFileError.cannotCreate(path: path, reason: systemReason()) }
        if let temporary { UnfinishedFiles.insert(temporary) }
    }

    deinit { abandon() }

    /// Writes at `offset`, which on a pipe must be the end. Returns the bytes written: fewer only after a ``failure``.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        guard failure == nil, descriptor >= 0 else { return 0 }
        var done = 0
        while done < bytes.count {
            let start = bytes.baseAddress! + done
            let count = isSeekable
                ? pwrite(descriptor, start, bytes.count - done, off_t(origin + offset + done))
                : Foundation.write(descriptor, start, bytes.count - done)
            if count > 0 { done += count } else if errno != EINTR {
                failure = errno
                break
            }
        }
        length = max(length, offset + done)
        return done
    }

    /// Adds bytes at the end.
    func append(_ bytes: [UInt8]) throws {
        _ = bytes.withUnsafeBytes { write($0, at: length) }
        try check()
    }

    /// Changes bytes that are already there.
    func overwrite(_ bytes: [UInt8], at offset: Int) throws {
        _ = bytes.withUnsafeBytes { write($0, at: offset) }
        try check()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        isSeekable ? max(0, pread(descriptor, buffer.baseAddress!, buffer.count, off_t(origin + offset))) : 0
    }

    /// Throws when a write failed.
    func check() throws {
        if failure == EPIPE, isStandardOutput { throw AudioFileError.readerGone }
        if let failure { throw AudioFileError.writeFailed(path: path, reason: systemReason(failure)) }
    }

    /// Makes everything durable and puts the file in its place.
    func commit() throws {
        try check()
        if !ownsDescriptor {
            if isSeekable { lseek(descriptor, off_t(origin + length), SEEK_SET) }
            return
        }
        let isStored = temporary == nil || fsync(descriptor) == 0
        let syncError = errno
        let isClosed = close(descriptor) == 0
        let closeError = errno
        descriptor = -1
        guard isStored, isClosed else {
            abandon()
            throw AudioFileError.writeFailed(path: path, reason: systemReason(isStored ? closeError : syncError))
        }
        guard let temporary else { return }
        guard rename(temporary, target) == 0 else {
            let reason = systemReason()
            abandon()
            throw AudioFileError.writeFailed(path: path, reason: reason)
        }
        UnfinishedFiles.remove(temporary)
        isCommitted = true
    }

    private var isCommitted = false

    /// Removes what was written; nothing happens after ``commit()``.
    func abandon() {
        if ownsDescriptor, descriptor >= 0 { close(descriptor) }
        descriptor = -1
        if let temporary, !isCommitted {
            unlink(temporary)
            UnfinishedFiles.remove(temporary)
            isCommitted = true
        }
    }
}
