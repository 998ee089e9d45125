import Foundation

/// Correlations over all runs of 30 frames (384 ms) of two third-octave spectrograms.
struct Segments {
    static let length = 30

    private let x: ThirdOctaveSpectrogram
    private let y: ThirdOctaveSpectrogram
    private let bands = ThirdOctaveSpectrogram.bandCount
    private var count: Int { x.frameCount - Self.length + 1 }

    init(reference: ThirdOctaveSpectrogram, estimate: ThirdOctaveSpectrogram) {
        x = reference
        y = estimate
    }

    /// Mean correlation of the temporal envelopes, the estimate's clipped at -15 dB signal-to-distortion.
    func stoi() -> Double {
        let clip = 1 + pow(10, 15.0 / 20)
        let small = Double.ulpOfOne
        var sum = 0.0
        for start in 0..<count {
            for band in 0..<bands {
                var a = row(x, band, start), b = row(y, band, start)
                let scale = norm(a) / (norm(b) + small)
                for index in b.indices { b[index] = min(b[index] * scale, a[index] * clip) }
                center(&a)
                center(&b)
                let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
                sum += product / ((norm(a) + small) * (norm(b) + small))
            }
        }
        return sum / Double(count * bands)
    }

    /// Mean correlation of the spectra, after the rows (bands over time) were made zero in mean and one in norm.
    func estoi() -> Double {
        var sum = 0.0
        for start in 0..<count {
            let a = normalized(x, start), b = normalized(y, start)
            for frame in 0..<Self.length {
                for band in 0..<bands { sum += a[frame][band] * b[frame][band] }
            }
        }
        return sum / Double(Self.length * count)
    }

    /// The columns of one segment, `[frames][bands]`, normalised first over time, then over bands.
    private func normalized(_ spectrogram: ThirdOctaveSpectrogram, _ start: Int) -> [[Double]] {
        let rows = (0..<bands).map { band in
            var values = row(spectrogram, band, start)
            normalize(&values)
            return values
        }
        return (0..<Self.length).map { frame in
            var column = rows.map { $0[frame] }
            normalize(&column)
            return column
        }
    }

    private func row(_ spectrogram: ThirdOctaveSpectrogram, _ band: Int, _ start: Int) -> [Double] {
        let first = band * spectrogram.frameCount + start
        return Array(spectrogram.values[first..<first + Self.length])
    }

    /// Constant values become zeros: nothing correlates with them.
    private func normalize(_ values: inout [Double]) {
        let size = norm(values)
        center(&values)
        let length = norm(values)
        let inverse = length > size * 1e-13 ? 1 / length : 0
        for index in values.indices { values[index] *= inverse }
    }

    private func center(_ values: inout [Double]) {
        let mean = values.reduce(0, +) / Double(values.count)
        for index in values.indices { values[index] -= mean }
    }

    private func norm(_ values: [Double]) -> Double {
        values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}
