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
        let clip = 1 + pow(10, 15.0 / 20), small = Double.ulpOfOne
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * Self.length) { scratch in
            let a = Run(scratch.baseAddress!, Self.length), b = Run(scratch.baseAddress! + Self.length, Self.length)
            var sum = 0.0
            for start in 0..<count {
                for band in 0..<bands {
                    a.load(x, band, start)
                    b.load(y, band, start)
                    let scale = a.norm / (b.norm + small)
                    for index in 0..<Self.length { b.base[index] = min(b.base[index] * scale, a.base[index] * clip) }
                    a.center()
                    b.center()
                    sum += a.product(b) / ((a.norm + small) * (b.norm + small))
                }
            }
            return sum / Double(count * bands)
        }
    }

    /// Mean correlation of the spectra, after the rows (bands over time) were made zero in mean and one in norm.
    func estoi() -> Double {
        let size = bands * Self.length
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * size + Self.length) { scratch in
            let a = scratch.baseAddress!, b = a + size, row = Run(b + size, Self.length)
            var sum = 0.0
            for start in 0..<count {
                loadColumns(a, of: x, start, row)
                loadColumns(b, of: y, start, row)
                for index in 0..<size { sum += a[index] * b[index] }
            }
            return sum / Double(Self.length * count)
        }
    }

    /// Writes one segment, `[frames, bands]`, normalised first over time, then over bands.
    private func loadColumns(
        _ columns: UnsafeMutablePointer<Double>, of spectrogram: ThirdOctaveSpectrogram, _ start: Int, _ row: Run
    ) {
        for band in 0..<bands {
            row.load(spectrogram, band, start)
            row.normalize()
            for frame in 0..<Self.length { columns[frame * bands + band] = row.base[frame] }
        }
        for frame in 0..<Self.length { Run(columns + frame * bands, bands).normalize() }
    }
}

/// A few numbers in scratch memory.
private struct Run {
    let base: UnsafeMutablePointer<Double>
    let count: Int

    init(_ base: UnsafeMutablePointer<Double>, _ count: Int) {
        self.base = base
        self.count = count
    }

    func load(_ spectrogram: ThirdOctaveSpectrogram, _ band: Int, _ start: Int) {
        spectrogram.values.withUnsafeBufferPointer {
            base.update(from: $0.baseAddress! + band * spectrogram.frameCount + start, count: count)
        }
    }

    var norm: Double { product(self).squareRoot() }

    func product(_ other: Run) -> Double {
        var sum = 0.0
        for index in 0..<count { sum += base[index] * other.base[index] }
        return sum
    }

    func center() {
        var sum = 0.0
        for index in 0..<count { sum += base[index] }
        let mean = sum / Double(count)
        for index in 0..<count { base[index] -= mean }
    }

    /// Constant values become zeros: nothing correlates with them.
    func normalize() {
        let size = norm
        center()
        let length = norm
        let inverse = length > size * 1e-13 ? 1 / length : 0
        for index in 0..<count { base[index] *= inverse }
    }
}
