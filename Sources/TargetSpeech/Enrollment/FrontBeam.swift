import AudioDSP
import Foundation

/// What comes from the front of a binaural recording.
///
/// A source in front reaches both ears alike. The mean of the ears is weighted, in each bin of a short-time spectrum, by
/// the fourth power of the real part of the interaural coherence and by a Gaussian of the level difference; both are taken
/// over 3 × 3 bins. Below some 300 Hz sound from everywhere passes, as the ears are close together for it.
enum FrontBeam {
    /// Smallest weight, so that a voice from the side fades and does not vanish.
    private static let floor: Float = 0.05
    /// Standard deviation of the level difference in dB.
    private static let levelDeviation: Float = 6

    /// - Parameters:
    ///   - left: at 16 kHz.
    ///   - right: as many samples.
    /// - Returns: As many samples; silence where the ears cancel.
    static func signal(left: [Float], right: [Float]) throws -> [Float] {
        let stft = try STFT(STFTConfiguration(nFFT: 512, hopLength: 256, window: .sqrtHann, padding: .zeros))
        let l = try stft.forward(left), r = try stft.forward(right)
        let weights = weights(l, r)
        var mean = l
        for index in mean.values.indices { mean.values[index] = (l.values[index] + r.values[index]) / 2 * weights[index / 2] }
        return try stft.inverse(mean, length: left.count)
    }

    /// `[frames, bins]`.
    private static func weights(_ left: ComplexSpectrogram, _ right: ComplexSpectrogram) -> [Float] {
        let (frames, bins) = (left.frameCount, left.binCount)
        func sums(_ a: [Float], _ b: [Float]) -> [Float] {
            let products: [Float] = (0..<frames * bins).map { a[2 * $0] * b[2 * $0] + a[2 * $0 + 1] * b[2 * $0 + 1] }
            return neighbourSums(products, frames, bins)
        }
        let cross = sums(left.values, right.values)
        let lefts = sums(left.values, left.values), rights = sums(right.values, right.values)
        return cross.indices.map { index -> Float in
            let l = max(lefts[index], .leastNormalMagnitude), r = max(rights[index], .leastNormalMagnitude)
            let coherence = max(0, cross[index] / (l.squareRoot() * r.squareRoot()))
            let difference = 10 * log10(l / r) / levelDeviation
            return max(floor, coherence * coherence * coherence * coherence * exp(-0.5 * difference * difference))
        }
    }

    /// Over each value of `[frames, bins]` and those around it.
    private static func neighbourSums(_ values: [Float], _ frames: Int, _ bins: Int) -> [Float] {
        var along = values, result = values
        for index in values.indices {
            let bin = index % bins
            if bin > 0 { along[index] += values[index - 1] }
            if bin < bins - 1 { along[index] += values[index + 1] }
        }
        for index in values.indices {
            result[index] = along[index]
            if index >= bins { result[index] += along[index - bins] }
            if index + bins < values.count { result[index] += along[index + bins] }
        }
        return result
    }
}
