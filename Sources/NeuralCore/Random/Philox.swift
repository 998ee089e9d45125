import Foundation

/// A counter-based random generator: Philox 4×32 with ten rounds.
///
/// Every draw is a function of `seed`, `stream` and `position`, so saving those three saves the generator, and the
/// numbers are the same on every machine and for every number of threads. Streams of one seed are independent.
///
/// J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct Philox: Sendable, Equatable, RandomNumberGenerator {
    public let seed: UInt64
    public let stream: UInt64
    /// How many 32-bit words have been drawn; the savable state.
    public var position: UInt64

    private var block: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    private var blockIndex: UInt64?

    public init(seed: UInt64, stream: UInt64 = 0, position: UInt64 = 0) {
        self.seed = seed
        self.stream = stream
        self.position = position
    }

    public static func == (a: Philox, b: Philox) -> Bool {
        a.seed == b.seed && a.stream == b.stream && a.position == b.position
    }

    /// A uniform draw from `0..<1` with 24 random bits.
    public mutating func nextUniform() -> Float {
        Float(nextWord() >> 8) * 0x1p-24
    }

    /// A draw of mean 0 and variance 1, from two words by Box and Muller's transform.
    public mutating func nextGaussian() -> Float {
        let radius = nextWord(), angle = nextWord()
        return Self.gaussian(radius, angle)
    }

    /// A uniform draw from `0..<bound`; `bound` must be positive.
    public mutating func nextInt(below bound: Int) -> Int {
        precondition(bound > 0, "no whole number is below \(bound) and not negative")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    public mutating func next() -> UInt64 {
        let low = UInt64(nextWord()), high = UInt64(nextWord())
        return high << 32 | low
    }

    /// The same numbers as repeated calls of `nextGaussian()`.
    public mutating func fillGaussian(_ buffer: UnsafeMutableBufferPointer<Float>) {
        let first = self
        nonisolated(unsafe) let buffer = buffer
        parallelBlocks(buffer.count, size: 4096) { range in
            var local = first
            local.position &+= 2 * UInt64(range.lowerBound)
            for index in range { buffer[index] = local.nextGaussian() }
        }
        position &+= 2 * UInt64(buffer.count)
    }

    private mutating func nextWord() -> UInt32 {
        let wanted = position / 4
        if blockIndex != wanted {
            block = Self.block(wanted, seed: seed, stream: stream)
            blockIndex = wanted
        }
        defer { position &+= 1 }
        return switch position % 4 {
        case 0: block.0
        case 1: block.1
        case 2: block.2
        default: block.3
        }
    }

    private static func gaussian(_ radius: UInt32, _ angle: UInt32) -> Float {
        let u = (Double(radius) + 1) * 0x1p-32
        return Float((-2 * log(u)).squareRoot() * cos(2 * Double.pi * 0x1p-32 * Double(angle)))
    }

    /// Four words for one value of the counter.
    static func block(_ index: UInt64, seed: UInt64, stream: UInt64) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c0, c1) = (UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32))
        var (c2, c3) = (UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
        var (k0, k1) = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        for _ in 0..<10 {
            let a = UInt64(0xD251_1F53) * UInt64(c0), b = UInt64(0xCD9E_8D57) * UInt64(c2)
            (c0, c1, c2, c3) = (
                UInt32(truncatingIfNeeded: b >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: b),
                UInt32(truncatingIfNeeded: a >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: a)
            )
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}
