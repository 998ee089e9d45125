import AudioDSP
import Foundation

/// How strongly the loudness of a sound fluctuates, by the frequency of the fluctuation.
///
/// Speech peaks near 4 Hz, the rate of syllables: E. Scheirer and M. Slaney, "Construction and evaluation of a robust
/// multifeature speech/music discriminator", ICASSP 1997.
struct ModulationSpectrum {
    static let frequencies = [1.0, 2, 3, 4, 6, 8, 12, 16, 24]

    /// Where 3, 4 and 6 Hz are among the frequencies.
    static let syllables = 2...4

    /// For each frequency the squared depth of modulation, averaged over bands and over time weighted by loudness.
    private(set) var depths = [Double](repeating: 0, count: frequencies.count)

    private static let windowLength = 100
    private static let hop = 50

    /// - Parameter envelopes: `[bands][frames]`, magnitudes every 10 ms.
    init(_ envelopes: [[Double]]) {
        guard let frameCount = envelopes.first?.count, frameCount > 0 else { return }
        var weight = 0.0
        for start in stride(from: 0, through: max(0, frameCount - Self.windowLength), by: Self.hop) {
            let range = start..<min(frameCount, start + Self.windowLength)
            let parts = envelopes.map { Array($0[range]) }
            let loudness = parts.reduce(0) { $0 + $1.reduce(0, +) }
            weight += loudness
            for part in parts {
                for (index, depth) in Self.depths(part).enumerated() {
                    depths[index] += loudness * depth / Double(envelopes.count)
                }
            }
        }
        guard weight > 0 else { return }
        for index in depths.indices { depths[index] /= weight }
    }

    private static func depths(_ envelope: [Double]) -> [Double] {
        let count = Double(envelope.count), mean = envelope.reduce(0, +) / count
        guard mean > 0 else { return [Double](repeating: 0, count: frequencies.count) }
        return frequencies.map { frequency in
            var (real, imaginary) = (0.0, 0.0)
            for (index, value) in envelope.enumerated() {
                let window = 0.5 - 0.5 * cos(2 * .pi * (Double(index) + 0.5) / count)
                let angle = 2 * .pi * frequency * Double(index) / 100
                real += window * (value - mean) * cos(angle)
                imaginary += window * (value - mean) * sin(angle)
            }
            let scale = 4 / (count * mean)
            return (real * real + imaginary * imaginary) * scale * scale
        }
    }
}
