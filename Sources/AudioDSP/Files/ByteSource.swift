import Foundation

/// The bytes of one open file or pipe, read at any offset (a file) or forwards (a pipe).
///
/// A pipe keeps the bytes of its header, so that formats can be recognised and their headers parsed as in a file;
/// after ``forgetHeader()`` only the next bytes can be read.
final class ByteSource {
    /// What error messages call it.
    let name: String
    /// Bytes that can be read; nil on a pipe.
    private(set) var length: Int?
    /// The code of the last read that failed.
    private(set) var failure: Int32?

    private(set) var descriptor: Int32
    private var ownsDescriptor: Bool
    /// File offset that counts as 0 here.
    private var origin = 0
    /// Pipe: its first bytes, and how many were taken from it in all.
    private var header: [UInt8] = []
    private var taken = 0
    private var keepsHeader = true

    /// Opens a file, or standard input for "-".
    init(path: String) throws {
        if path == "-" {
            name = "standard input"
            descriptor = STDIN_FILENO
            ownsDescriptor = false
        } else {
            name = path
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            ownsDescriptor = true
            if descriptor < 0 {
                throw errno == ENOENT
                    ? AudioFileError.notFound(path: path)
                    : AudioFileError.cannotOpen(path: path, reason: systemReason())
            }
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = systemReason()
            if ownsDescriptor { close(descriptor) }
            throw AudioFileError.cannotOpen(path: name, reason: reason)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            if ownsDescriptor { close(descriptor) }
            throw AudioFileError.isDirectory(path: name)
        case S_IFREG:
            origin = max(0, Int(lseek(descriptor, 0, SEEK_CUR)))
            length = max(0, Int(status.st_size) - origin)
        default:
            length = nil
        }
    }

    deinit {
        if ownsDescriptor { close(descriptor) }
    }

    var isPipe: Bool { length == nil }

    /// Fills `buffer` from `offset` and returns how many bytes came: fewer at the end, or after a ``failure``.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        guard offset >= 0, buffer.count > 0 else { return 0 }
        guard let length else { return readPipe(into: buffer, at: offset) }
        guard offset < length else { return 0 }
        var done = 0
        let wanted = min(buffer.count, length - offset)
        while done < wanted {
            let count = pread(descriptor, buffer.baseAddress! + done, wanted - done, off_t(origin + offset + done))
            if count > 0 { done += count } else if count == 0 { break } else if errno != EINTR {
                failure = errno
                break
            }
        }
        return done
    }

    /// Up to `count` bytes from `offset`.
    func bytes(at offset: Int, count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
    }

    /// Makes `count` bytes further on the new offset 0; for a tag in front of the format proper.
    func skipPrefix(_ count: Int) {
        if let length {
            let skipped = min(count, length)
            origin += skipped
            self.length = length - skipped
        } else {
            _ = bytes(at: count - 1, count: 1)
            header.removeFirst(min(count, header.count))
            taken -= count
        }
    }

    /// Pipe: from now on bytes are handed through and not kept.
    func forgetHeader() { keepsHeader = false }

    /// Pipe: the bytes from `offset` that were taken already. File: moves its own position there, nothing to give.
    func handOver(from offset: Int) -> [UInt8] {
        guard isPipe else {
            lseek(descriptor, off_t(origin + offset), SEEK_SET)
            return []
        }
        return Array(header.dropFirst(offset))
    }

    /// Pipe: copies all of it to a temporary file without a name, which then can be read at any offset.
    func spool() throws {
        guard isPipe else { return }
        let file = openUnnamedFile()
        guard file >= 0 else {
            throw AudioFileError.readFailed(path: name, reason: "no temporary file: \(systemReason())")
        }
        var offset = 0
        keepsHeader = false
        while true {
            let block = bytes(at: offset, count: 1 << 16)
            if block.isEmpty { break }
            var done = 0
            while done < block.count {
                let count = block.withUnsafeBytes { write(file, $0.baseAddress! + done, $0.count - done) }
                if count < 0 && errno != EINTR {
                    let reason = systemReason()
                    close(file)
                    throw AudioFileError.readFailed(path: name, reason: "temporary file: \(reason)")
                }
                done += max(0, count)
            }
            offset += block.count
        }
        if ownsDescriptor { close(descriptor) }
        descriptor = file
        ownsDescriptor = true
        origin = 0
        length = offset
        header = []
        if let failure { throw AudioFileError.readFailed(path: name, reason: systemReason(failure)) }
    }

    private func readPipe(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        if keepsHeader {
            let end = min(offset + buffer.count, AudioFileLimits.streamHeaderBytes)
            while header.count < end {
                let old = header.count
                header.append(contentsOf: repeatElement(0, count: end - old))
                let came = header.withUnsafeMutableBytes { takeFromPipe(UnsafeMutableRawBufferPointer(rebasing: $0[old...])) }
                header.removeLast(end - old - came)
                if came < end - old { break }
            }
        }
        var done = 0
        if offset < header.count {
            done = min(buffer.count, header.count - offset)
            header.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + done])) }
            if done == buffer.count || keepsHeader { return done }
        }
        guard !keepsHeader, offset + done == taken else { return done }
        return done + takeFromPipe(UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
    }

    private func takeFromPipe(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < buffer.count {
            let count = Foundation.read(descriptor, buffer.baseAddress! + done, buffer.count - done)
            if count > 0 { done += count } else if count == 0 { break } else if errno != EINTR {
                failure = errno
                break
            }
        }
        taken += done
        return done
    }
}

/// Numbers at offsets of a ``ByteSource``, in one byte order. Every read past the end is nil.
struct HeaderReader {
    let source: ByteSource
    var isBigEndian = false

    func unsigned(at offset: Int, bytes count: Int) -> UInt64? {
        let bytes = source.bytes(at: offset, count: count)
        guard bytes.count == count else { return nil }
        let ordered = isBigEndian ? bytes : bytes.reversed()
        return ordered.reduce(0) { $0 << 8 | UInt64($1) }
    }

    func u16(_ offset: Int) -> Int? { unsigned(at: offset, bytes: 2).map(Int.init) }
    func u32(_ offset: Int) -> Int? { unsigned(at: offset, bytes: 4).map(Int.init) }
    func u64(_ offset: Int) -> UInt64? { unsigned(at: offset, bytes: 8) }

    /// Four characters; nil past the end or where a byte is not printable ASCII.
    func identifier(_ offset: Int) -> String? {
        let bytes = source.bytes(at: offset, count: 4)
        guard bytes.count == 4, bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
