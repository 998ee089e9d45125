import Foundation
import NeuralCore

/// The SHA-256 of large files, remembered from run to run.
///
/// What is remembered holds for a file of the same device, inode, length and time of its last change (`ctime`, which no
/// program can set back). Files of less than 4 MB, and such as have changed in the last two seconds, are read each time.
struct HashMemory {
    /// Where entries are; nil remembers nothing.
    let folder: String?
    var smallestSize = 4 << 20

    static let standard = HashMemory(folder: CacheFolder.path("hashes"))

    func digest(ofFile path: String) throws -> String {
        guard let folder, let state = Self.state(of: path), state.size >= smallestSize else { return try SHA256.digest(ofFile: path) }
        let entry = folder + "/" + SHA256.digest(of: "\(state.device) \(state.inode)").prefix(32)
        if let stored = try? String(contentsOfFile: entry, encoding: .utf8) {
            let lines = stored.split(separator: "\n").map(String.init)
            if lines.count == 2, lines[0] == state.text, lines[1].utf8.count == 64 { return lines[1] }
        }
        let digest = try SHA256.digest(ofFile: path)
        if state.age > 2, Self.state(of: path)?.text == state.text {
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try? Data("\(state.text)\n\(digest)\n".utf8).write(to: URL(fileURLWithPath: entry), options: .atomic)
        }
        return digest
    }

    private struct State {
        var device: UInt64, inode: UInt64, size: Int
        var changed: timespec

        var text: String { "\(device) \(inode) \(size) \(changed.tv_sec).\(changed.tv_nsec)" }
        var age: Double { Date().timeIntervalSince1970 - Double(changed.tv_sec) - Double(changed.tv_nsec) / 1e9 }
    }

    private static func state(of path: String) -> State? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        #if canImport(Darwin)
        let changed = status.st_ctimespec
        #else
        let changed = status.st_ctim
        #endif
        return State(device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino), size: Int(status.st_size), changed: changed)
    }
}
