import Foundation

/// Distance between the slopes of two spectra over 25 critical bands up to 3.8 kHz, those near peaks counting most
/// (Klatt, "Prediction of perceived phonetic distance from critical-band spectra", 1982): 0 for equal ones.
public enum WeightedSpectralSlope {
    /// The mean over the 95 % best frames of 30 ms.
    public static func measure(reference: [Float], estimate: [Float], sampleRate: Int) throws -> MetricValue {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        try checkPair(reference: reference, estimate: estimate)
        let frames = ShortFrames(sampleRate: sampleRate)
        let count = Int(Double(reference.count) / Double(frames.hop) - Double(frames.length) / Double(frames.hop))
        guard count > 1 else {
            return .undefined(.tooShort(samples: reference.count, needed: frames.length + 2 * frames.hop))
        }
        let bands = try CriticalBands(frames, sampleRate: sampleRate)
        let (x, y) = (reference.map { Double($0) }, estimate.map { Double($0) })
        return .defined(trimmedMean((0..<count).map { distance(bands.slopes(x, $0), bands.slopes(y, $0)) }))
    }

    private static func distance(_ x: CriticalBands.Slopes, _ y: CriticalBands.Slopes) -> Double {
        var sum = 0.0, total = 0.0
        for band in x.slopes.indices {
            let weight = (x.weights[band] + y.weights[band]) / 2
            let difference = x.slopes[band] - y.slopes[band]
            sum += weight * difference * difference
            total += weight
        }
        return sum / total
    }
}

/// Energies in 25 critical bands and their slopes from band to band.
final class CriticalBands {
    struct Slopes {
        /// In dB, `bandCount - 1` of them.
        var slopes: [Double]
        var weights: [Double]
    }

    private static let bandCount = 25
    private static let centers = [
        50, 120, 190, 260, 330, 400, 470, 540, 617.372, 703.378, 798.717, 904.128, 1020.38, 1148.30, 1288.72, 1442.54,
        1610.70, 1794.16, 1993.93, 2211.08, 2446.71, 2701.97, 2978.04, 3276.17, 3597.63,
    ]
    private static let widths = [
        70, 70, 70, 70, 70, 70, 70, 77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423, 153.823, 168.154,
        183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465, 346.136,
    ]

    private let frames: ShortFrames
    private let spectra: PowerFrames
    private var power: [Double]
    /// For each band the bins where its weight is not zero, and the weights.
    private let filters: [(first: Int, weights: [Double])]

    init(_ frames: ShortFrames, sampleRate: Int) throws {
        self.frames = frames
        var length = 1
        while length < 2 * frames.length { length *= 2 }
        spectra = try PowerFrames(window: frames.window, length: length)
        power = [Double](repeating: 0, count: spectra.binCount)
        let half = length / 2, nyquist = Double(sampleRate) / 2
        filters = zip(Self.centers, Self.widths).map { center, width in
            let middle = (center / nyquist * Double(half)).rounded(.down), reach = width / nyquist * Double(half)
            let gain = log(Self.widths[0]) - log(width)
            let weights = (0..<half).map { bin in
                let distance = (Double(bin) - middle) / reach
                let weight = exp(-11 * distance * distance + gain)
                return weight > exp(-30 / (2 * 2.303)) ? weight : 0
            }
            let first = weights.firstIndex { $0 > 0 } ?? 0, last = weights.lastIndex { $0 > 0 } ?? -1
            return (first, first <= last ? Array(weights[first...last]) : [])
        }
    }

    func slopes(_ signal: [Double], _ frame: Int) -> Slopes {
        spectra.analyze(signal, at: frame * frames.hop, into: &power)
        let levels = filters.map { filter in
            var sum = 0.0
            for (index, weight) in filter.weights.enumerated() { sum += weight * power[filter.first + index] }
            return 10 * log10(max(sum, 1e-10))
        }
        let slopes = (0..<Self.bandCount - 1).map { levels[$0 + 1] - levels[$0] }
        let loudest = levels.max() ?? 0
        let weights = slopes.indices.map { band in
            20 / (20 + loudest - levels[band]) * (1 / (1 + Self.nearestPeak(levels, slopes, band) - levels[band]))
        }
        return Slopes(slopes: slopes, weights: weights)
    }

    /// The level at the peak that the slope at `band` climbs to, one band short of it when climbing upwards, as the
    /// published program has it.
    private static func nearestPeak(_ levels: [Double], _ slopes: [Double], _ band: Int) -> Double {
        if slopes[band] > 0 {
            let end = slopes[band...].firstIndex { $0 <= 0 } ?? slopes.count
            return levels[end - 1]
        }
        let start = slopes[...band].lastIndex { $0 > 0 } ?? -1
        return levels[start + 1]
    }
}
