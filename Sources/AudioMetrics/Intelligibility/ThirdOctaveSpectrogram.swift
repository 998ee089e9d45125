import Foundation

/// What STOI compares: the magnitudes of 15 third-octave bands at 10 kHz, 78 frames a second, of the frames in
/// which the reference holds speech.
struct ThirdOctaveSpectrogram {
    static let sampleRate = 10_000
    static let frameLength = 256
    static let hop = 128
    static let bandCount = 15
    static let dynamicRange = 40.0

    let frameCount: Int
    /// `[bands, frames]`.
    let values: [Double]

    /// - Parameter signal: At 10 kHz.
    init(_ signal: [Double]) throws {
        frameCount = Self.frameCount(signal.count)
        let frames = try PowerFrames(window: Self.window, length: 512)
        var power = [Double](repeating: 0, count: frames.binCount)
        var values = [Double](repeating: 0, count: Self.bandCount * frameCount)
        for frame in 0..<frameCount {
            frames.analyze(signal, at: frame * Self.hop, into: &power)
            for (band, bins) in Self.bands.enumerated() {
                var sum = 0.0
                for bin in bins { sum += power[bin] }
                values[band * frameCount + frame] = sum.squareRoot()
            }
        }
        self.values = values
    }

    /// Frames that begin less than a frame before the end; one that ends exactly there is left out.
    static func frameCount(_ samples: Int) -> Int {
        max(0, (samples - frameLength + hop - 1) / hop)
    }

    /// A Hann window without its two zeros.
    static let window: [Double] = (1...frameLength).map { index in
        0.5 - 0.5 * cos(2 * .pi * Double(index) / Double(frameLength + 1))
    }

    /// The bins of each band: from 150 Hz up in thirds of an octave, edges moved to the nearest bin.
    static let bands: [Range<Int>] = (0..<bandCount).map { band in
        func bin(_ exponent: Double) -> Int {
            let frequency = 150 * pow(2, exponent / 6)
            return (0...256).min { left, right in
                let a = Double(left) * 10_000 / 512 - frequency, b = Double(right) * 10_000 / 512 - frequency
                return a * a < b * b
            }!
        }
        return bin(Double(2 * band - 1))..<bin(Double(2 * band + 1))
    }

    /// Both signals without the frames in which the reference is 40 dB or more under its loudest frame.
    ///
    /// The windowed frames that stay are overlap-added anew.
    static func removingSilence(_ reference: [Double], _ estimate: [Double]) -> ([Double], [Double]) {
        let starts = (0..<frameCount(reference.count)).map { $0 * hop }
        let levels = starts.map { start in
            let energy = window.indices.reduce(0.0) { sum, index in
                let value = window[index] * reference[start + index]
                return sum + value * value
            }
            return 20 * log10(energy.squareRoot() + .ulpOfOne)
        }
        let threshold = (levels.max() ?? 0) - dynamicRange
        let kept = zip(starts, levels).filter { $0.1 > threshold }.map(\.0)
        guard !kept.isEmpty else { return ([], []) }
        func joined(_ signal: [Double]) -> [Double] {
            var result = [Double](repeating: 0, count: (kept.count - 1) * hop + frameLength)
            for (frame, start) in kept.enumerated() {
                for index in window.indices { result[frame * hop + index] += window[index] * signal[start + index] }
            }
            return result
        }
        return (joined(reference), joined(estimate))
    }
}
