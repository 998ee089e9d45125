extension PreciseTransform {
    /// `c[longestLag + k] = Σ a[n] b[n + k]` for every lag `k` in `-longestLag...longestLag`.
    ///
    /// Samples outside the signals are zero; the lengths may differ.
    public static func crossCorrelation(_ a: [Float], _ b: [Float], longestLag: Int) throws -> [Double] {
        try crossCorrelation(a.map { Double($0) }, b.map { Double($0) }, longestLag: longestLag)
    }

    /// `c[longestLag + k] = Σ a[n] b[n + k]` for every lag `k` in `-longestLag...longestLag`.
    public static func crossCorrelation(_ a: [Double], _ b: [Double], longestLag: Int) throws -> [Double] {
        precondition(longestLag >= 0, "a lag of zero or more")
        let time = try circularProduct(a, b, atLeast: max(a.count, b.count) + longestLag + 1, conjugatesFirst: true)
        return (-longestLag...longestLag).map { time.base[$0 < 0 ? time.count + $0 : $0] / Double(time.count) }
    }

    /// The shortest length of at least `count` without prime factors above 5, for which transforms are fast; short ones
    /// are powers of two, so that few plans serve many lengths.
    public static func fastLength(atLeast count: Int) -> Int {
        if count <= 1 << 13 { return count <= 1 ? 1 : 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount) }
        var best = Int.max, five = 1
        while five < best {
            var three = five
            while three < best {
                var two = three
                while two < count { two *= 2 }
                best = min(best, two)
                three *= 3
            }
            five *= 5
        }
        return best
    }
}

extension PreciseTransform {
    /// The whole linear convolution, `a.count + b.count - 1` samples, or none where either is empty.
    public static func convolution(_ a: [Double], _ b: [Double]) throws -> [Double] {
        guard !a.isEmpty, !b.isEmpty else { return [] }
        let count = a.count + b.count - 1
        let time = try circularProduct(a, b, atLeast: count, conjugatesFirst: false)
        return (0..<count).map { time.base[$0] / Double(time.count) }
    }

    /// The signal whose spectrum is the product of the two spectra, the first one's conjugate where asked for, times its
    /// length, which is at least `count`.
    private static func circularProduct(
        _ a: [Double], _ b: [Double], atLeast count: Int, conjugatesFirst: Bool
    ) throws -> AlignedDoubles {
        let transform = try ofLength(fastLength(atLeast: count)), length = transform.length
        let first = AlignedDoubles(count: 2 * transform.binCount), second = AlignedDoubles(count: first.count)
        transform.forward(AlignedDoubles(a, count: length), into: first)
        transform.forward(AlignedDoubles(b, count: length), into: second)
        for index in stride(from: 0, to: first.count, by: 2) {
            let (p, q) = (first.base[index], conjugatesFirst ? -first.base[index + 1] : first.base[index + 1])
            let (r, s) = (second.base[index], second.base[index + 1])
            first.base[index] = p * r - q * s
            first.base[index + 1] = p * s + q * r
        }
        let time = AlignedDoubles(count: length)
        transform.inverse(first, into: time)
        return time
    }
}
