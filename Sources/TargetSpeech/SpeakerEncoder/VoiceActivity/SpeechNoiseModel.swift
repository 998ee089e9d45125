/// Two Gaussians per band for speech and two for noise, which decide frame by frame and adapt to what they decided.
///
/// Means are log energies times eight (Q7), deviations Q7, responsibilities Q14.
struct SpeechNoiseModel {
    /// One kind of sound in all bands; index `[Gaussian][band]`.
    private struct Mixture {
        var means: [[Int32]]
        var deviations: [[Int32]]
        let weights: [[Int32]]

        func weightedMean(_ band: Int) -> Int32 {
            means[0][band] &* weights[0][band] &+ means[1][band] &* weights[1][band]
        }

        /// How well both Gaussians of a band explain a feature.
        func match(_ feature: Int32, band: Int) -> Match {
            let parts = (0..<2).map { gaussian(feature, mean: means[$0][band], deviation: deviations[$0][band]) }
            return Match(
                weighted: (0..<2).map { weights[$0][band] &* parts[$0].probability }, slopes: parts.map(\.slope))
        }

        /// Probability in Q20, and the distance from the mean over the variance.
        private func gaussian(_ feature: Int32, mean: Int32, deviation: Int32) -> (probability: Int32, slope: Int32) {
            let inverse = (131_072 + (deviation >> 1)) / deviation
            let precision = ((inverse >> 2) &* (inverse >> 2)) >> 2
            let distance = ((feature << 3) &- mean).wrapped16
            let slope = ((precision &* distance) >> 10).wrapped16
            let exponent = (slope &* distance) >> 9
            guard exponent < 22_005 else { return (0, slope) }
            let log2 = (-((5909 &* exponent) >> 12)).wrapped16
            let power = (0x400 | (log2 & 0x3FF)) >> (((log2 ^ 0xFFFF).wrapped16 >> 10) + 1)
            return (inverse &* power, slope)
        }
    }

    private struct Match {
        let weighted: [Int32]
        let slopes: [Int32]

        var total: Int32 { weighted[0] &+ weighted[1] }
        var headRoom: Int32 { total == 0 ? 31 : total.headRoom }

        /// The parts of the two Gaussians in the total.
        func responsibilities(whereNothing fallback: [Int32]) -> [Int32] {
            let scale = (total >> 12).wrapped16
            guard scale > 0 else { return fallback }
            let first = (((weighted[0] & ~0xFFF) << 2) / scale).wrapped16
            return [first, 16_384 - first]
        }
    }

    private static let bands = 0..<6
    private static let leastDeviation: Int32 = 384

    private var frames = 0
    private var minima = [TrackedMinimum](repeating: TrackedMinimum(), count: 6)
    private var noise = Mixture(
        means: [[6738, 4892, 7065, 6715, 6771, 3369], [7646, 3863, 7820, 7266, 5020, 4362]],
        deviations: [[378, 1064, 493, 582, 688, 593], [474, 697, 475, 688, 421, 455]],
        weights: [[34, 62, 72, 66, 53, 25], [94, 66, 56, 62, 75, 103]])
    private var speech = Mixture(
        means: [[8306, 10_085, 10_078, 11_823, 11_843, 6309], [9473, 9571, 10_879, 7581, 8180, 7483]],
        deviations: [[555, 505, 567, 524, 585, 1231], [509, 828, 492, 1540, 1079, 850]],
        weights: [[48, 82, 45, 87, 50, 47], [80, 46, 83, 41, 78, 81]])

    /// Decides on one frame and adapts. The ratio is the sum of the bands' log2 likelihood ratios times their weights.
    mutating func decide(_ features: [Int32]) -> (isSpeech: Bool, ratio: Int32) {
        let matches = Self.bands.map { band in
            (noise: noise.match(features[band], band: band), speech: speech.match(features[band], band: band))
        }
        var ratio: Int32 = 0, isSpeech = false
        for (band, match) in matches.enumerated() {
            let local = match.noise.headRoom - match.speech.headRoom
            ratio += local * Int32(6 + 2 * band)
            if 4 * local > 94 { isSpeech = true }
        }
        isSpeech = isSpeech || ratio >= 1100
        var highestSpeech: Int32 = 12_800
        for (band, match) in matches.enumerated() {
            let floor = minima[band].track(features[band], frames: frames)
            adaptNoise(band, features[band], match.noise, floor: floor, isSpeech: isSpeech)
            if isSpeech { adaptSpeech(band, features[band], match.speech, highestMean: highestSpeech + 640) }
            separate(band)
            highestSpeech = Self.speechCaps[band]
            Self.cap(&speech, band, at: highestSpeech)
            Self.cap(&noise, band, at: Self.noiseCaps[band])
        }
        frames += 1
        return (isSpeech, ratio)
    }

    private mutating func adaptNoise(_ band: Int, _ feature: Int32, _ match: Match, floor: Int32, isSpeech: Bool) {
        let responsibilities = match.responsibilities(whereNothing: [16_384, 0])
        let pull = ((((floor << 4) &- (noise.weightedMean(band) >> 6)).wrapped16) &* 154) >> 9
        for index in 0..<2 {
            let (mean, responsibility, slope) = (noise.means[index][band], responsibilities[index], match.slopes[index])
            var moved = mean
            if !isSpeech {
                moved = (mean &+ ((((responsibility &* slope) >> 11).wrapped16 &* 655) >> 22)).wrapped16
            }
            let limits = (Int32(index + 5) << 7)...(Int32(72 + index - band) << 7)
            noise.means[index][band] = min(max((moved &+ pull).wrapped16, limits.lowerBound), limits.upperBound)
            guard !isSpeech else { continue }
            let deviation = noise.deviations[index][band]
            let excess = ((slope &* (feature - (mean >> 3)).wrapped16) >> 3) &- 4096
            let change = ((((responsibility + 2) >> 2) &* excess) >> 14) / deviation
            noise.deviations[index][band] = max(Self.leastDeviation, (deviation &+ ((change.wrapped16 &+ 32) >> 6)).wrapped16)
        }
    }

    private mutating func adaptSpeech(_ band: Int, _ feature: Int32, _ match: Match, highestMean: Int32) {
        let responsibilities = match.responsibilities(whereNothing: [0, 0])
        for index in 0..<2 {
            let (mean, responsibility, slope) = (speech.means[index][band], responsibilities[index], match.slopes[index])
            let step = ((((responsibility &* slope) >> 11).wrapped16 &* 6554) >> 21).wrapped16
            let lowestMean: Int32 = index == 0 ? 640 : 768
            speech.means[index][band] = min(max((mean &+ ((step + 1) >> 1)).wrapped16, lowestMean), highestMean)
            let deviation = speech.deviations[index][band]
            let excess = ((slope &* (feature - ((mean + 4) >> 3)).wrapped16) >> 3) &- 4096
            let change = (((responsibility >> 2) &* excess) >> 4) / (10 * deviation)
            speech.deviations[index][band] = max(Self.leastDeviation, (deviation &+ ((change.wrapped16 &+ 128) >> 8)).wrapped16)
        }
    }

    /// Moves the two kinds apart where they have come too close.
    private mutating func separate(_ band: Int) {
        let distance = (speech.weightedMean(band) >> 9) - (noise.weightedMean(band) >> 9)
        let gap = Self.leastDistances[band] - distance
        guard gap > 0 else { return }
        for index in 0..<2 {
            speech.means[index][band] = (speech.means[index][band] &+ ((13 &* gap) >> 2)).wrapped16
            noise.means[index][band] = (noise.means[index][band] &- ((3 &* gap) >> 2)).wrapped16
        }
    }

    private static func cap(_ mixture: inout Mixture, _ band: Int, at limit: Int32) {
        let excess = (mixture.weightedMean(band) >> 7) - limit
        guard excess > 0 else { return }
        for index in 0..<2 { mixture.means[index][band] -= excess }
    }

    private static let leastDistances: [Int32] = [544, 544, 576, 576, 576, 576]
    private static let speechCaps: [Int32] = [11_392, 11_392, 11_520, 11_520, 11_520, 11_520]
    private static let noiseCaps: [Int32] = [9216, 9088, 8960, 8832, 8704, 8576]
}
