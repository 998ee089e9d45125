import Foundation

/// Orders that somebody types, a letter and Enter; never waits.
final class KeyReader {
    /// What was typed since this was last asked, without line ends.
    func take() -> [Character] {
        var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, 0) > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).lowercased().filter { !$0.isWhitespace }.map { $0 }
    }
}
