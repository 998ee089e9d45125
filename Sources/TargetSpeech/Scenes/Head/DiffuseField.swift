import AudioDSP
import Foundation
import NeuralCore

/// What the ears have in common when sound comes from everywhere: late reverberation.
///
/// The mean over the measured directions gives the power at the ears and their coherence
/// `γ = Re E[HL HR*] / √(E|HL|² E|HR|²)` at every frequency. Two independent noises are then mixed to
/// `√((1+γ)/2) a ± √((1-γ)/2) b` (C. Borß and R. Martin, "An improved parametric model for perception-based design of virtual
/// acoustics", 2009).
struct DiffuseField: Sendable {
    private static let length = 256
    private static let mostDirections = 500

    /// Interaural coherence at `k · 16000 / 256` Hz, -1 to 1.
    let coherence: [Double]
    /// Mean power at the ears at the same frequencies.
    let power: [Double]
    /// Linear-phase filters of what the ears share and of what they do not, 256 taps.
    private let shared: [Float]
    private let opposed: [Float]
    private let earCount: Int

    init(taps: [Float], tapCount: Int, delays: [Double], ears: Int) {
        earCount = ears
        let count = delays.count / ears, bins = Self.length / 2 + 1
        let step = max(1, (count + Self.mostDirections - 1) / Self.mostDirections)
        let chosen = Array(stride(from: 0, to: count, by: step))
        let turns = (0..<Self.length).map { 2 * Double.pi * Double($0) / Double(Self.length) }
        let cosines = turns.map { cos($0) }, sines = turns.map { sin($0) }
        var powers = [Double](repeating: 0, count: ears * bins), cross = [Double](repeating: 0, count: bins)
        for direction in chosen {
            var spectra: [[(Double, Double)]] = []
            for ear in 0..<ears {
                let place = direction * ears + ear
                spectra.append((0..<bins).map { bin in
                    var (real, imaginary) = (0.0, 0.0)
                    for tap in 0..<tapCount {
                        let value = Double(taps[place * tapCount + tap]), phase = bin * tap % Self.length
                        real += value * cosines[phase]
                        imaginary -= value * sines[phase]
                    }
                    return (real, imaginary)
                })
                for bin in 0..<bins {
                    let (real, imaginary) = spectra[ear][bin]
                    powers[ear * bins + bin] += (real * real + imaginary * imaginary) / Double(chosen.count)
                }
            }
            for bin in 0..<bins {
                let (a, b) = (spectra[0][bin], spectra[ears - 1][bin])
                let lag = delays[direction * ears] - delays[direction * ears + ears - 1]
                let angle = -2 * Double.pi * Double(bin) / Double(Self.length) * lag
                let (real, imaginary) = (a.0 * b.0 + a.1 * b.1, a.1 * b.0 - a.0 * b.1)
                cross[bin] += (real * cos(angle) - imaginary * sin(angle)) / Double(chosen.count)
            }
        }
        power = (0..<bins).map { bin in (0..<ears).reduce(0) { $0 + powers[$1 * bins + bin] } / Double(ears) }
        let both = power
        coherence = (0..<bins).map { bin in
            guard ears == 2 else { return 1 }
            let product = powers[bin] * powers[bins + bin]
            return product > 0 ? max(-1, min(1, cross[bin] / product.squareRoot())) : (both[bin] > 0 ? 0 : 1)
        }
        let gamma = coherence
        shared = Self.filter((0..<bins).map { ((1 + gamma[$0]) / 2 * both[$0]).squareRoot() })
        opposed = Self.filter((0..<bins).map { ((1 - gamma[$0]) / 2 * both[$0]).squareRoot() })
    }

    /// Stationary noise at the ears, `[ears][count]`, as of independent sources of power 1 all around.
    func noise(count: Int, using random: inout Philox) throws -> [[Float]] {
        func draw() -> [Float] { (0..<count + Self.length).map { _ in random.nextGaussian() } }
        let middle = try Convolution.convolve(draw(), with: shared)
        guard earCount == 2 else { return [Array(middle[Self.length..<(Self.length + count)])] }
        let side = try Convolution.convolve(draw(), with: opposed)
        return [1, -1].map { (sign: Float) in
            (0..<count).map { middle[Self.length + $0] + sign * side[Self.length + $0] }
        }
    }

    /// The inverse transform of a magnitude, delayed by half the length and faded at its ends.
    private static func filter(_ magnitude: [Double]) -> [Float] {
        (0..<length).map { index in
            let time = index - length / 2
            var sum = magnitude[0] + (time.isMultiple(of: 2) ? 1 : -1) * magnitude[length / 2]
            for bin in 1..<(length / 2) {
                sum += 2 * magnitude[bin] * cos(2 * .pi * Double(bin * time % length) / Double(length))
            }
            let window = 0.5 + 0.5 * cos(2 * .pi * Double(time) / Double(length))
            return Float(sum * window / Double(length))
        }
    }
}
