import NeuralCore

/// A clip of codes, the text it was drawn for, and which codes could have been drawn in its places.
public struct CodeSequence: Sendable {
    /// The number of its prompt among those of a run.
    public let prompt: Int
    /// `[codebooks][frames]`
    public let codes: [[Int32]]
    /// nil where all codes could be drawn.
    var support: CodeSupport?
    /// Whether it was drawn for another prompt: then all codes count.
    var isBorrowed = false

    public init(prompt: Int, codes: [[Int32]]) { (self.prompt, self.codes) = (prompt, codes) }

    /// As a clip of another prompt than that which it was drawn for.
    func borrowed(for prompt: Int) -> CodeSequence {
        var clip = CodeSequence(prompt: prompt, codes: codes)
        clip.isBorrowed = true
        return clip
    }

    public var frames: Int { codes[0].count }
    public var codeCount: Int { codes.count * frames }
}

/// The codes that could be drawn in each place of a clip, a bit for each: `[codebooks][steps][codes]`.
struct CodeSupport: Sendable {
    private var bits: [UInt64]
    private let wordsPerPlace: Int

    init(places: Int, codes: Int) {
        wordsPerPlace = (codes + 63) / 64
        bits = [UInt64](repeating: 0, count: places * wordsPerPlace)
    }

    mutating func insert(_ code: Int, at place: Int) { bits[place * wordsPerPlace + code / 64] |= 1 << UInt64(code % 64) }

    mutating func insertAll(_ codes: Int, at place: Int) { for code in 0..<codes { insert(code, at: place) } }

    func contains(_ code: Int, at place: Int) -> Bool { bits[place * wordsPerPlace + code / 64] >> UInt64(code % 64) & 1 == 1 }

    /// Writes 0 where a code could be drawn and −∞ elsewhere.
    func write(place: Int, codes: Int, to target: UnsafeMutablePointer<Float>) {
        for code in 0..<codes { target[code] = contains(code, at: place) ? 0 : -.infinity }
    }
}
