/// The end of an Ogg file: whether its last page is there.
enum OggPages {
    /// Looks through the last two maximal pages (2 x 65,307 bytes) for the last page that begins there.
    /// Complete means that this page ends with the file and carries the end-of-stream flag.
    static func isComplete(_ source: ByteSource) -> Bool {
        guard let length = source.length else { return true }
        let windowStart = max(0, length - 2 * 65_307)
        let window = source.bytes(at: windowStart, count: length - windowStart)
        let marker = Array("OggS".utf8)
        var position = window.count - 27
        while position >= 0 {
            if window[position] == marker[0], window[position..<position + 4].elementsEqual(marker), window[position + 4] == 0 {
                let segments = Int(window[position + 26])
                guard position + 27 + segments <= window.count else { return false }
                let body = window[(position + 27)..<(position + 27 + segments)].reduce(0) { $0 + Int($1) }
                return position + 27 + segments + body <= window.count && window[position + 5] & 4 != 0
            }
            position -= 1
        }
        return false
    }
}
