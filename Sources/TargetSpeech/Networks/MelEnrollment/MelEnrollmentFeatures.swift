import AudioDSP
import Foundation
import NeuralCore

/// What the light enrolment network is told of a recording: for every frame and mel band how loud the sum of the ears is,
/// how much of the sound is in front, and on which side the rest is.
struct MelEnrollmentFeatures: Sendable {
    static let perBand = 4
    private let stft: STFT
    private let bank: MelFilterBank

    init(_ configuration: MelEnrollmentConfiguration) {
        // Settings that a configuration allows make a transform and a bank.
        let nFFT = 2 * configuration.hopLength
        stft = try! STFT(STFTConfiguration(nFFT: nFFT, hopLength: configuration.hopLength, padding: .zeros))
        bank = try! MelFilterBank(
            sampleRate: configuration.sampleRate, nFFT: nFFT, bandCount: configuration.bands,
            range: 60...min(7_600, Double(configuration.sampleRate) / 2))
    }

    /// The recording's level does not matter.
    ///
    /// - Parameter ears: Two signals of one length.
    /// - Returns: `[1, frames, perBand · bands]`: of each band the logarithm of the mean's power less its mean over the
    ///   recording, the coherence of the ears (Re Σ L R* / √(Σ|L|² Σ|R|²)), the power of half the ears' difference over that
    ///   of their mean, and that of the left ear over the right one, the last two as logarithms within ±3.
    func callAsFunction(_ ears: [[Float]]) -> Tensor {
        // Silence around the signal makes any length a transform.
        let spectra = ears.map { try! stft.forward($0) }
        let frames = spectra[0].frameCount, bins = spectra[0].binCount, bands = bank.bandCount
        func sums(_ value: (_ left: SIMD2<Float>, _ right: SIMD2<Float>) -> Float) -> [Float] {
            let values = (0..<frames * bins).map { index in
                value(
                    SIMD2(spectra[0].values[2 * index], spectra[0].values[2 * index + 1]),
                    SIMD2(spectra[1].values[2 * index], spectra[1].values[2 * index + 1]))
            }
            return try! bank.apply(values)
        }
        let middle = sums { power(($0 + $1) / 2) }, side = sums { power(($0 - $1) / 2) }
        let left = sums { l, _ in power(l) }, right = sums { _, r in power(r) }
        let product = sums { $0.x * $1.x + $0.y * $1.y }
        let floor = max(.leastNormalMagnitude, 1e-7 * zip(left, right).reduce(0) { max($0, max($1.0, $1.1)) })
        let levels = middle.map { log($0 + floor) }, mean = levels.reduce(0, +) / Float(max(1, levels.count))
        return Tensor(shape: [1, frames, Self.perBand * bands]) { output in
            for index in 0..<frames * bands {
                let values = output.baseAddress! + index / bands * Self.perBand * bands + index % bands
                values[0] = 0.4 * (levels[index] - mean)
                values[bands] = product[index] / ((left[index] + floor).squareRoot() * (right[index] + floor).squareRoot())
                values[2 * bands] = ratio(side[index], middle[index], floor)
                values[3 * bands] = ratio(left[index], right[index], floor)
            }
        }
    }

    private func power(_ value: SIMD2<Float>) -> Float { (value * value).sum() }

    private func ratio(_ a: Float, _ b: Float, _ floor: Float) -> Float {
        min(3, max(-3, 0.5 * (log(a + floor) - log(b + floor))))
    }
}
