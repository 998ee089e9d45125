/// Log energies of six bands between 80 and 4000 Hz, by decimation to 8 kHz and a tree of half-band splits.
struct BandEnergies {
    /// Frames with at most this power are not judged.
    static let quietPower: Int32 = 10

    private var decimator = Decimator()
    private var splits = [BandSplit](repeating: BandSplit(), count: 5)
    private var highPass = LowestBandFilter()

    /// - Parameter frame: 480 samples at 16 kHz, in the range of 16 bits.
    /// - Returns: for 80-250, 250-500, 500-1000, 1000-2000, 2000-3000 and 3000-4000 Hz, 16 · 10 log10 of the energy
    ///   with an offset per band; and a power that is exact only while it is small.
    mutating func callAsFunction(_ frame: [Int32]) -> (features: [Int32], power: Int32) {
        let (low2000, high2000) = splits[0](decimator(frame))
        let (from2000, from3000) = splits[1](high2000)
        let (low1000, from1000) = splits[2](low2000)
        let (low500, from500) = splits[3](low1000)
        let (low250, from250) = splits[4](low500)
        let bands = [highPass(low250), from250, from500, from1000, from2000, from3000]
        var features = Self.offsets, power: Int32 = 0
        for band in bands.indices.reversed() {
            guard let energy = LogEnergy(of: bands[band]) else { continue }
            features[band] += energy.value
            if power <= Self.quietPower { power += energy.power }
        }
        return (features, power)
    }

    private static let offsets: [Int32] = [368, 368, 272, 176, 176, 176]
}

/// The energy of a band as a 15-bit mantissa and an exponent, and its logarithm.
private struct LogEnergy {
    /// 16 · 10 log10 of the energy, at least 0.
    let value: Int32
    /// What the band adds to the frame's power: the energy itself when small, more than `quietPower` otherwise.
    let power: Int32

    /// Nil for silence.
    init?(of samples: [Int32]) {
        let peak = samples.reduce(0) { max($0, abs($1)) }
        guard peak > 0 else { return nil }
        let bits = Int32(samples.count).significantBits, room = (peak &* peak).headRoom
        let scaling = room > bits ? 0 : bits - room
        let energy = samples.reduce(UInt32(0)) { $0 &+ UInt32(bitPattern: ($1 &* $1) >> scaling) }
        guard energy > 0 else { return nil }
        let shift = 17 - Int32(energy.leadingZeroBitCount), exponent = scaling + shift
        let mantissa = Int32(bitPattern: shift < 0 ? energy << UInt32(-shift) : energy >> UInt32(shift))
        let log2 = 14_336 + ((mantissa & 0x3FFF) >> 4)
        value = max(0, ((Self.decibels * log2) >> 19) + ((exponent * Self.decibels) >> 9))
        power = exponent >= 0 ? BandEnergies.quietPower + 1 : mantissa >> -exponent
    }

    /// 160 log10(2) in Q9.
    private static let decibels: Int32 = 24_660
}

/// Halves the sample rate with two all-pass branches, Q13.
private struct Decimator {
    private var even: Int32 = 0
    private var odd: Int32 = 0

    mutating func callAsFunction(_ input: [Int32]) -> [Int32] {
        stride(from: 0, to: input.count - 1, by: 2).map { index in
            (Self.step(input[index], 5243, &even) &+ Self.step(input[index + 1], 1392, &odd)).wrapped16
        }
    }

    private static func step(_ x: Int32, _ coefficient: Int32, _ state: inout Int32) -> Int32 {
        let y = ((state >> 1) &+ ((coefficient &* x) >> 14)).wrapped16
        state = x &- ((coefficient &* y) >> 12)
        return y
    }
}

/// Splits a band into its halves at half the rate with two all-pass branches, Q15.
private struct BandSplit {
    private var even: Int32 = 0
    private var odd: Int32 = 0

    mutating func callAsFunction(_ input: [Int32]) -> (low: [Int32], high: [Int32]) {
        var low: [Int32] = [], high: [Int32] = []
        low.reserveCapacity(input.count / 2)
        high.reserveCapacity(input.count / 2)
        var first = even << 16, second = odd << 16
        for index in stride(from: 0, to: input.count - 1, by: 2) {
            let a = Self.step(input[index], 20_972, &first), b = Self.step(input[index + 1], 5571, &second)
            low.append((a &+ b).wrapped16)
            high.append((a &- b).wrapped16)
        }
        (even, odd) = (first >> 16, second >> 16)
        return (low, high)
    }

    private static func step(_ x: Int32, _ coefficient: Int32, _ state: inout Int32) -> Int32 {
        let y = (state &+ coefficient &* x) >> 16
        state = ((x << 14) &- coefficient &* y) << 1
        return y
    }
}

/// Takes what lies below 80 Hz from the lowest band, Q14.
private struct LowestBandFilter {
    private var inputs: (Int32, Int32) = (0, 0)
    private var outputs: (Int32, Int32) = (0, 0)

    mutating func callAsFunction(_ input: [Int32]) -> [Int32] {
        input.map { x in
            let sum = 6631 &* x &- 13_262 &* inputs.0 &+ 6631 &* inputs.1
                &+ 7756 &* outputs.0 &- 5620 &* outputs.1
            let y = (sum >> 14).wrapped16
            inputs = (x, inputs.0)
            outputs = (y, outputs.0)
            return y
        }
    }
}
