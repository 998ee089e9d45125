import AudioMetrics
import NeuralCore

/// The 49 Bark bands of ITU-T P.862 at 16 kHz (`BarkScale`) as tensors: which bins of a 512-point spectrum they hold, how
/// wide they are, and what can be heard in them.
struct PerceptualBands: Sendable {
    /// Power spectrum `[…, 257]` to band powers `[…, 49]`: `[257, 49]`, without the bin at 0 Hz and the one at 8 kHz.
    let weights: Tensor
    /// In Bark; 0 for the lowest band, which no norm counts. `[49]`.
    let widths: Tensor
    /// Sum of `widths`.
    let totalWidth: Float
    /// Power that can just be heard. `[49]`.
    let thresholds: Tensor
    /// Exponent of Zwicker's law of loudness. `[49]`.
    let exponents: Tensor
    /// `(2 · threshold)^exponent`, with the scale of loudness. `[49]`.
    let loudnessScale: Tensor

    static let standard = PerceptualBands()

    private init() {
        let scale = BarkScale(sampleRate: 16_000), count = scale.binCounts.count
        var matrix = [Float](repeating: 0, count: 257 * count), bin = 0
        for (band, size) in scale.binCounts.enumerated() {
            for _ in 0..<size {
                if bin > 0 { matrix[bin * count + band] = Float(scale.gains[band]) }
                bin += 1
            }
        }
        func perBand(_ values: [Double]) -> Tensor { Tensor(values.map(Float.init), shape: [count]) }
        weights = Tensor(matrix, shape: [257, count])
        let counted = [0] + scale.widths.dropFirst()
        widths = perBand(counted)
        totalWidth = Float(counted.reduce(0, +))
        thresholds = perBand(scale.thresholds)
        exponents = perBand(scale.exponents)
        loudnessScale = perBand(scale.loudnessGains)
    }

    /// Band powers `[batch, frames, 49]` of power spectra `[batch, frames, 257]`.
    func powers(_ spectra: Tensor) -> Tensor { matmul(spectra, weights) }

    /// 1 where a band power exceeds `factor` times what can be heard, 0 elsewhere; it has no gradient.
    func audible(_ powers: Tensor, factor: Float) -> Tensor {
        let thresholds = thresholds.values
        return powers.withUnsafeBuffer { powers in
            Tensor(shape: [powers.count]) { mask in
                for index in powers.indices {
                    mask[index] = powers[index] > thresholds[index % thresholds.count] * factor ? 1 : 0
                }
            }
        }.reshaped(powers.shape)
    }

    /// Power of everything audible in a frame, `[batch, frames]`.
    func audiblePower(_ powers: Tensor, factor: Float) -> Tensor {
        (powers * audible(powers, factor: factor)).sum(axes: [-1])
    }

    /// Loudness of every band in sone (Zwicker and Feldtkeller 1967; P.862, section 10.2.7), `[batch, frames, 49]`.
    func loudness(_ powers: Tensor) -> Tensor {
        // exp(e · ln(…)): the exponents differ from band to band.
        let ratio = powers * (0.5 / thresholds) + 0.5
        return (exp(log(ratio) * exponents) - 1) * loudnessScale * audible(powers, factor: 1)
    }
}
