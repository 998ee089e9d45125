/// SentencePiece's precompiled character map: the longest sequence of bytes that the map knows is replaced.
///
/// The map is a double-array trie (as the library Darts-clone lays it out) whose values are places in a list of
/// zero-terminated replacements.
struct CharacterMap: Sendable {
    private var units: [UInt32] = []
    private var replacements: [UInt8] = []

    /// Replaces nothing.
    init() {}

    /// - Parameter blob: the trie's length in bytes as 32 bits, the trie, the replacements. Nil where it is not that.
    init?(_ blob: [UInt8]) {
        if blob.isEmpty { return }
        func word(_ start: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(blob[start + $1]) << (8 * UInt32($1)) } }
        guard blob.count >= 4 else { return nil }
        let size = Int(word(0))
        guard size > 0, size % 4 == 0, size <= blob.count - 4 else { return nil }
        units = stride(from: 4, to: 4 + size, by: 4).map(word)
        replacements = Array(blob[(4 + size)...])
    }

    /// What the text from `start` on begins with, after replacement, and how many bytes of it that takes.
    func prefix(of text: [UInt8], at start: Int) -> (replacement: ArraySlice<UInt8>, length: Int) {
        if let (value, length) = longestMatch(text, start) {
            let end = replacements[value...].firstIndex(of: 0) ?? replacements.endIndex
            return (replacements[value..<end], length)
        }
        let length = min(Self.scalarLength(text[start]), text.count - start)
        return (text[start..<start + length], length)
    }

    /// Bytes of the UTF-8 sequence that begins with `byte`.
    static func scalarLength(_ byte: UInt8) -> Int {
        switch byte {
        case 0..<0xC0: 1
        case 0xC0..<0xE0: 2
        case 0xE0..<0xF0: 3
        default: 4
        }
    }

    private func longestMatch(_ text: [UInt8], _ start: Int) -> (value: Int, length: Int)? {
        guard var node = units.first.map(Self.offset) else { return nil }
        var best: (Int, Int)?
        for position in start..<text.count {
            node ^= Int(text[position])
            guard node < units.count, units[node] & 0x8000_00FF == UInt32(text[position]) else { break }
            let unit = units[node]
            node ^= Self.offset(unit)
            if unit >> 8 & 1 == 1, node < units.count {
                let value = Int(units[node] & 0x7FFF_FFFF)
                if value <= replacements.count { best = (value, position - start + 1) }
            }
        }
        return best
    }

    private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 0x200) >> 6) }
}
