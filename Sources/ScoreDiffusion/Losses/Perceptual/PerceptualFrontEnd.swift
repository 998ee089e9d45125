import Foundation
import NeuralCore

/// From waveforms to the power spectra that P.862 judges: common level, telephone-band emphasis, frames of 32 ms.
struct PerceptualFrontEnd: Sendable {
    static let frameLength = 512, hop = 256

    /// Butterworth band-pass of order 5 from 325 to 3250 Hz. Its poles are so near the unit circle that the published
    /// single-precision coefficients are another filter than the exact ones; these are the published ones.
    private static let speechBand = RecursiveFilter(
        numerator: [
            0.01536019891500473, 0, -0.07680099457502365, 0, 0.1536019891500473, 0, -0.1536019891500473, 0,
            0.07680099457502365, 0, -0.01536019891500473,
        ],
        denominator: [
            1, -5.752628803253174, 15.015482902526855, -23.85587501525879, 25.980680465698242, -20.40802574157715,
            11.656143188476562, -4.748520374298096, 1.324025273323059, -0.22934994101524353, 0.018095171079039574,
        ])

    /// P.862's filter for the receiving side.
    private static let emphasis = RecursiveFilter(
        numerator: [2.740826, -5.4816519, 2.740826].map { Double(Float($0)) },
        denominator: [1, -1.9444777, 0.94597794].map { Double(Float($0)) })

    /// Frames of a signal of `samples` samples: as many zeros are added as samples lie beyond a whole number of hops.
    static func frameCount(samples: Int) -> Int { max(0, (samples + samples % hop) / hop - 1) }

    /// Scales every row of `[batch, samples]` to a power of 10⁷ between 325 and 3250 Hz.
    func levelled(_ signals: Tensor) -> Tensor {
        let samples = Float(signals.shape[1])
        let power = square(Self.speechBand(signals)).sum(axes: [1], keepingDimensions: true) * (1 / ((samples + 5120) * 1.04684))
        // Silence, -120 dB, stays silent instead of becoming no number.
        return signals * sqrt(1e7 / clamp(power, minimum: 1e-12))
    }

    /// Fades the 15 samples at both ends and filters.
    func emphasized(_ signals: Tensor) -> Tensor {
        let samples = signals.shape[1]
        let fades = Tensor(shape: [samples]) { fades in
            for index in fades.indices {
                fades[index] = Float(min(16, index + 1)) / 16 * Float(min(16, samples - index)) / 16
            }
        }
        return Self.emphasis(signals * fades)
    }

    /// Power spectra `[batch, frames, 257]` under a Hann window.
    func powerSpectra(_ signals: Tensor) -> Tensor {
        let (batch, samples, hop) = (signals.shape[0], signals.shape[1], Self.hop)
        let frames = Self.frameCount(samples: samples), used = (frames + 1) * hop
        let whole = used > samples
            ? signals.padded([(0, 0), (0, used - samples)]) : signals.sliced(axis: 1, 0..<used)
        let hops = whole.reshaped([batch, frames + 1, hop])
        let framed = Tensor.concatenated(
            [hops.sliced(axis: 1, 0..<frames), hops.sliced(axis: 1, 1..<frames + 1)], axis: 2)
        return square(matmul(framed, Self.cosines)) + square(matmul(framed, Self.sines))
    }

    // Two declarations: with both in one, the optimiser of Swift 6.3 takes one closure for the other.
    private static let cosines = fourierMatrix { cos($0) }
    private static let sines = fourierMatrix { sin($0) }

    /// `[512, 257]`: window times `wave(2πkn/512)`.
    private static func fourierMatrix(_ wave: (Double) -> Double) -> Tensor {
        let bins = frameLength / 2 + 1
        return Tensor(shape: [frameLength, bins]) { matrix in
            for sample in 0..<frameLength {
                let window = 0.5 - 0.5 * cos(2 * .pi * Double(sample) / Double(frameLength))
                for bin in 0..<bins {
                    // The phase is reduced first, exactly.
                    let phase = 2 * .pi * Double(sample * bin % frameLength) / Double(frameLength)
                    matrix[sample * bins + bin] = Float(window * wave(phase))
                }
            }
        }
    }
}
