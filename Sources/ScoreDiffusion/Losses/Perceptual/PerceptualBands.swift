import Foundation
import NeuralCore

/// The 49 Bark bands of ITU-T P.862 at 16 kHz: which bins of a 512-point spectrum they hold, how wide they are, and what
/// can be heard in them.
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
        let count = Self.binCounts.count
        var matrix = [Float](repeating: 0, count: 257 * count), bin = 0
        for (band, size) in Self.binCounts.enumerated() {
            for _ in 0..<size {
                if bin > 0 { matrix[bin * count + band] = Float(Self.powerCorrections[band] * Self.powerScale) }
                bin += 1
            }
        }
        weights = Tensor(matrix, shape: [257, count])
        let widths = [0] + Self.widthsInBark.dropFirst()
        self.widths = Tensor(widths.map(Float.init), shape: [count])
        totalWidth = Float(widths.reduce(0, +))
        thresholds = Tensor(Self.hearingThresholds.map(Float.init), shape: [count])
        let exponents = Self.centresInBark.map { 0.23 * pow(min(max(6 / ($0 + 2), 1), 2), 0.15) }
        self.exponents = Tensor(exponents.map(Float.init), shape: [count])
        loudnessScale = Tensor(
            zip(Self.hearingThresholds, exponents).map { Float(Self.loudnessUnit * pow(2 * $0, $1)) }, shape: [count])
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

    private static let powerScale = 6.910853e-6, loudnessUnit = 0.1866055

    private static let binCounts = [
        1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 3, 4, 5, 4, 5, 6, 6, 7,
        8, 9, 9, 12, 12, 15, 16, 18, 21, 25, 20,
    ]

    private static let centresInBark = [
        0.078672, 0.316341, 0.636559, 0.961246, 1.290450, 1.624217, 1.962597, 2.305636, 2.653383, 3.005889, 3.363201,
        3.725371, 4.092449, 4.464486, 4.841533, 5.223642, 5.610866, 6.003256, 6.400869, 6.803755, 7.211971, 7.625571,
        8.044611, 8.469146, 8.899232, 9.334927, 9.776288, 10.223374, 10.676242, 11.134952, 11.599563, 12.070135,
        12.546731, 13.029408, 13.518232, 14.013264, 14.514566, 15.022202, 15.536238, 16.056736, 16.583761, 17.117382,
        17.657663, 18.204674, 18.758478, 19.319147, 19.886751, 20.461355, 21.043034,
    ]

    private static let widthsInBark = [
        0.157344, 0.317994, 0.322441, 0.326934, 0.331474, 0.336061, 0.340697, 0.345381, 0.350114, 0.354897, 0.359729,
        0.364611, 0.369544, 0.374529, 0.379565, 0.384653, 0.389794, 0.394989, 0.400236, 0.405538, 0.410894, 0.416306,
        0.421773, 0.427297, 0.432877, 0.438514, 0.444209, 0.449962, 0.455774, 0.461645, 0.467577, 0.473569, 0.479621,
        0.485736, 0.491912, 0.498151, 0.504454, 0.510819, 0.517250, 0.523745, 0.530308, 0.536934, 0.543629, 0.550390,
        0.557220, 0.564119, 0.571085, 0.578125, 0.585232,
    ]

    private static let powerCorrections = [
        100.000000, 99.999992, 100.000000, 100.000008, 100.000008, 100.000015, 99.999992, 99.999969, 50.000027,
        100.000000, 99.999969, 100.000015, 99.999947, 100.000061, 53.047077, 110.000046, 117.991989, 65.000000,
        68.760147, 69.999931, 71.428818, 75.000038, 76.843384, 80.968781, 88.646126, 63.864388, 68.155350, 72.547775,
        75.584831, 58.379192, 80.950836, 64.135651, 54.384785, 73.821884, 64.437073, 59.176456, 65.521278, 61.399822,
        58.144047, 57.004543, 64.126297, 54.311001, 61.114979, 55.077751, 56.849335, 55.628868, 53.137054, 54.985844,
        79.546974,
    ]

    private static let hearingThresholds = [
        51286152.0, 2454709.5, 70794.59375, 4897.788574, 1174.897705, 389.045166, 104.71286, 45.70882, 17.782795,
        9.772372, 4.897789, 3.090296, 1.905461, 1.258925, 0.977237, 0.724436, 0.562341, 0.457088, 0.389045, 0.331131,
        0.295121, 0.269153, 0.25704, 0.251189, 0.251189, 0.251189, 0.251189, 0.263027, 0.288403, 0.30903, 0.338844,
        0.371535, 0.398107, 0.436516, 0.467735, 0.489779, 0.501187, 0.501187, 0.512861, 0.524807, 0.524807, 0.524807,
        0.512861, 0.47863, 0.42658, 0.371535, 0.363078, 0.416869, 0.537032,
    ]
}
