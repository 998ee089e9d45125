import Foundation

/// Positioned reads from a regular file.
///
/// The file is read, not mapped: one that shrinks after opening gives an error instead of a signal.
final class CheckpointSource: Sendable {
    let path: String
    /// Bytes in the file when it was opened.
    let size: Int
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT
                ? CheckpointError.notFound(path: path)
                : CheckpointError.unreadable(path: path, reason: systemReason())
        }
        self.descriptor = descriptor
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        size = isKnown ? Int(status.st_size) : 0
        guard isKnown, status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError.unreadable(path: path, reason: "it is no regular file")
        }
    }

    deinit { close(descriptor) }

    /// Fills `buffer`, whose length is that of `range`.
    func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
        precondition(buffer.count == range.count)
        var done = 0
        while done < range.count {
            let got = pread(
                descriptor, buffer.baseAddress! + done, range.count - done, off_t(range.lowerBound + done))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw CheckpointError.unreadable(path: path, reason: systemReason()) }
            guard got > 0 else {
                throw CheckpointError.damaged(path: path, reason: "it ends at byte \(range.lowerBound + done)")
            }
            done += got
        }
    }

    /// Shows the bytes of `range` in pieces whose length is a multiple of eight but for the last.
    func forEachChunk(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: min(1 << 18, max(range.count, 1)), alignment: 16)
        defer { chunk.deallocate() }
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(start + (1 << 18), range.upperBound)
            let part = UnsafeMutableRawBufferPointer(rebasing: chunk[..<(end - start)])
            try read(start..<end, into: part)
            try body(UnsafeRawBufferPointer(part))
            start = end
        }
    }

    func bytes(in range: Range<Int>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            if !range.isEmpty {
                try read(range, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<range.count]))
            }
            count = range.count
        }
    }
}

/// The system's words for the last failed call.
func systemReason() -> String { String(cString: strerror(errno)) }
