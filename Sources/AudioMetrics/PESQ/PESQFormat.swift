import AudioDSP
import Foundation

/// The lengths of P.862 at one of its two sample rates, in samples where nothing else is said.
struct PESQFormat {
    let sampleRate: Int
    /// 4 ms, the unit of time of the alignment.
    let block: Int
    /// The window of fine alignment, 64 ms.
    let alignmentLength: Int
    /// 32 ms, the frame of the perceptual model.
    let frameLength: Int
    /// Silence in front of the signal, and behind it.
    let edge: Int
    /// 320 ms more silence at the end.
    let tail: Int

    /// Blocks of silence on both sides.
    static let edgeBlocks = 75

    init(sampleRate: Int) {
        precondition(sampleRate == 8000 || sampleRate == 16_000, "one of the two rates")
        self.sampleRate = sampleRate
        block = sampleRate / 250
        alignmentLength = sampleRate / 125 * 8
        frameLength = sampleRate / 125 * 4
        edge = Self.edgeBlocks * block
        tail = sampleRate / 25 * 8
    }

    /// The filter through which the alignment listens: sections of `b0 b1 b2 a1 a2`.
    var alignmentFilter: [Biquad] {
        (sampleRate == 8000 ? Self.filter8k : Self.filter16k).map {
            Biquad(b0: $0[0], b1: $0[1], b2: $0[2], a1: $0[3], a2: $0[4])
        }
    }

    /// The high pass of P.862.2, gain included.
    static let wideFilter = Biquad(
        b0: 2.740826, b1: -2.740826 * 2.0000001, b2: 2.740826, a1: -1.9444777, a2: 0.94597794)

    private static let filter8k = [
        [0.885535424, -0.885535424, 0, -0.771070709, 0],
        [0.895092588, 1.292907193, 0.449260174, 1.268869037, 0.442025372],
        [4.049527940, -7.865190042, 3.815662102, -1.746859852, 0.786305963],
        [0.500002353, -0.500002353, 0, 0, 0],
        [0.565002834, -0.241585934, -0.306009671, 0.259688659, 0.249979657],
        [2.115237288, 0.919935084, 1.141240051, -1.587313419, 0.665935315],
        [0.912224584, -0.224397719, -0.641121413, -0.246029464, -0.556720590],
        [0.444617727, -0.307589321, 0.141638062, -0.996391149, 0.502251622],
    ]
    private static let filter16k = [
        [0.325631521, -0.086782860, -0.238848661, -1.079416490, 0.434583902],
        [0.403961804, -0.556985881, 0.153024077, -0.415115835, 0.696590244],
        [4.736162769, 3.287251046, 1.753289019, -1.859599046, 0.876284034],
        [0.365373469, 0, 0, -0.634626531, 0],
        [0.884811506, 0, 0, -0.256725271, 0.141536777],
        [0.723593055, -1.447186099, 0.723593044, -1.129587469, 0.657232737],
        [1.644910855, -1.817280902, 1.249658063, -1.778403899, 0.801724355],
        [0.633692689, -0.284644314, -0.319789663, 0, 0],
        [1.032763031, 0.268428979, 0.602913323, 0, 0],
        [1.001616361, -0.823749013, 0.439731942, -0.885778255, 0],
        [0.752472096, -0.375388990, 0.188977609, -0.077258216, 0.247230734],
        [1.023700575, 0.001661628, 0.521284240, -0.183867259, 0.354324187],
    ]
}

/// A gain over frequency, given in dB at some frequencies and linear between them.
struct ResponseCurve {
    private let points: [(frequency: Double, decibels: Double)]

    /// The factors relative to that at 1 kHz of `count` frequencies from 0 Hz up.
    func gains(count: Int, binWidth: Double) -> [Double] {
        let whole = decibels(1000, between: points.firstIndex { $0.frequency >= 1000 }!)
        var upper = 1, last = (decibels: Double.nan, gain: 1.0)
        return (0..<count).map { bin in
            let frequency = Double(bin) * binWidth
            while upper < points.count - 1, points[upper].frequency < frequency { upper += 1 }
            let level = decibels(frequency, between: upper) - whole
            if level != last.decibels { last = (level, pow(10, level / 20)) }
            return last.gain
        }
    }

    /// On the line that ends at the point `upper`.
    private func decibels(_ frequency: Double, between upper: Int) -> Double {
        let (low, high) = (points[upper - 1], points[upper])
        let position = (frequency - low.frequency) / (high.frequency - low.frequency)
        return low.decibels + position * (high.decibels - low.decibels)
    }

    /// What the level is measured through: the band from 350 to 3250 Hz.
    static let level = ResponseCurve(points: [
        (0, -500), (300, -500), (350, 0), (3250, 0), (3500, -500), (8000, -500),
    ])

    /// The receiving side of a telephone handset, the intermediate reference system.
    static let handset = ResponseCurve(points: [
        (0, -200), (50, -40), (100, -20), (125, -12), (160, -6), (200, 0), (250, 4), (300, 6), (350, 8), (400, 10),
        (500, 11), (600, 12), (3250, 12), (3500, 4), (4000, -200), (8000, -200),
    ])
}
