import Foundation

/// The SHA-256 digest of FIPS 180-4, fed piece by piece.
public struct SHA256 {
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    /// Less than a block that waits for more.
    private var rest: [UInt8] = []
    private var length: UInt64 = 0

    public init() {}

    public mutating func update(_ bytes: some ContiguousBytes) {
        bytes.withUnsafeBytes { bytes in
            length += 8 * UInt64(bytes.count)
            var bytes = bytes[...]
            if !rest.isEmpty {
                let missing = 64 - rest.count
                rest += bytes.prefix(missing)
                bytes = bytes.dropFirst(missing)
                guard rest.count == 64 else { return }
                rest.withUnsafeBytes { compress(blocksOf: $0) }
                rest.removeAll(keepingCapacity: true)
            }
            let whole = bytes.count / 64 * 64
            compress(blocksOf: UnsafeRawBufferPointer(rebasing: bytes.prefix(whole)))
            rest += bytes.dropFirst(whole)
        }
    }

    /// Ends the message and returns its digest as 64 hexadecimal digits.
    public mutating func finish() -> String {
        let bits = length
        update([0x80] + [UInt8](repeating: 0, count: (119 - rest.count) % 64))
        update((0..<8).reversed().map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) })
        return state.map { String(format: "%08x", $0) }.joined()
    }

    /// The digest of a file's bytes.
    public static func digest(ofFile path: String) throws -> String {
        var hash = SHA256()
        try hash.update(file: path)
        return hash.finish()
    }

    /// The digest of a text's UTF-8.
    public static func digest(of text: String) -> String {
        var hash = SHA256()
        hash.update(Array(text.utf8))
        return hash.finish()
    }

    /// Takes in a whole file.
    public mutating func update(file path: String) throws {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        while let data = try file.read(upToCount: 1 << 20), !data.isEmpty { update(data) }
    }

    private mutating func compress(blocksOf bytes: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
            Self.constants.withUnsafeBufferPointer { constants in
                state.withUnsafeMutableBufferPointer { state in
                    for start in stride(from: 0, to: bytes.count, by: 64) {
                        Self.compress(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 64]), constants, w, state)
                    }
                }
            }
        }
    }

    private static func compress(
        _ block: UnsafeRawBufferPointer, _ constants: UnsafeBufferPointer<UInt32>, _ w: UnsafeMutableBufferPointer<UInt32>,
        _ state: UnsafeMutableBufferPointer<UInt32>
    ) {
        for t in 0..<16 { w[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self)) }
        for t in 16..<64 {
            let s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ (w[t - 15] >> 3)
            let s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ (w[t - 2] >> 10)
            w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for t in 0..<64 {
            let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
            let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ constants[t] &+ w[t]
            let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
            let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }

    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value >> count | value << (32 - count) }

    private static let constants: [UInt32] = {
        // The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
        var primes: [UInt64] = [], candidate: UInt64 = 2
        while primes.count < 64 {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { UInt32(truncatingIfNeeded: cubeRoot(scaled: $0)) }
    }()

    /// ⌊2³² · ∛prime⌋: the largest r with r³ ≤ prime · 2⁹⁶.
    private static func cubeRoot(scaled prime: UInt64) -> UInt64 {
        let target = UInt128(prime) << 96
        var root: UInt128 = 0
        for bit in stride(from: 34, through: 0, by: -1) {
            let trial = root | UInt128(1) << UInt128(bit)
            if trial * trial * trial <= target { root = trial }
        }
        return UInt64(root)
    }
}
