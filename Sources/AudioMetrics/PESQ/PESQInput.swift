import AudioDSP
import Foundation

/// One of the two signals at the level and through the filter that the model expects, between its silent edges:
/// `edge + N + edge + tail` samples.
struct PESQInput {
    var samples: [Double]
    /// Without the tail.
    let count: Int

    /// Both signals of one length, or nil where one holds nothing between 350 and 3250 Hz.
    static func prepare(
        _ reference: [Float], _ estimate: [Float], band: PESQ.Band, format: PESQFormat
    ) throws -> (PESQInput, PESQInput)? {
        let peak = Double(max(Level.peak(reference), Level.peak(estimate)))
        let filters = try PESQFilters(sampleCount: reference.count, band: band, format: format)
        guard
            let clean = filters.prepared(reference.map { Double($0) / peak }),
            let degraded = filters.prepared(estimate.map { Double($0) / peak })
        else { return nil }
        return (clean, degraded)
    }

    /// The copies on which the alignment works: without their means, faded in and out, band-limited.
    static func forAlignment(
        _ reference: PESQInput, _ estimate: PESQInput, format: PESQFormat
    ) -> (PESQInput, PESQInput) {
        var clean = reference, degraded = estimate
        clean.removeMean(format)
        degraded.removeMean(format)
        var pairs = zip(clean.samples, degraded.samples).map { SIMD2($0, $1) }
        let filter = format.alignmentFilter
        for start in stride(from: 0, to: filter.count, by: 4) {
            // Four sections at once, so that the processor need not wait for each by itself.
            var (a, b) = (PairedSection(filter[start]), PairedSection(filter[start + 1]))
            var (c, d) = (PairedSection(filter[start + 2]), PairedSection(filter[start + 3]))
            pairs.withUnsafeMutableBufferPointer { pairs in
                for index in pairs.indices { pairs[index] = d(c(b(a(pairs[index])))) }
            }
        }
        for (index, pair) in pairs.enumerated() { (clean.samples[index], degraded.samples[index]) = (pair.x, pair.y) }
        return (clean, degraded)
    }

    private mutating func removeMean(_ format: PESQFormat) {
        let inside = format.edge..<count - format.edge
        let mean = samples[inside].reduce(0, +) / Double(count)
        for index in inside { samples[index] -= mean }
        for index in 0..<format.block {
            let gain = (0.5 + Double(index)) / Double(format.block)
            samples[inside.lowerBound + index] *= gain
            samples[inside.upperBound - 1 - index] *= gain
        }
    }
}

/// One second-order section for two signals at once.
private struct PairedSection {
    private let filter: Biquad
    private var s1 = SIMD2<Double>.zero
    private var s2 = SIMD2<Double>.zero

    init(_ filter: Biquad) { self.filter = filter }

    @inline(__always)
    mutating func callAsFunction(_ x: SIMD2<Double>) -> SIMD2<Double> {
        let y = filter.b0 * x + s1
        s1 = filter.b1 * x - filter.a1 * y + s2
        s2 = filter.b2 * x - filter.a2 * y
        return y
    }
}

/// The level calibration and the listening filter for signals of one length.
private final class PESQFilters {
    private let format: PESQFormat
    private let sampleCount: Int
    /// Samples that are kept of what the filters put out.
    private let span: Int
    private let transform: PreciseTransform
    private let spectrum: AlignedDoubles
    private let work: AlignedDoubles
    private let time: AlignedDoubles
    private let levelGains: [Double]
    private let listeningGains: [Double]
    private let band: PESQ.Band

    init(sampleCount: Int, band: PESQ.Band, format: PESQFormat) throws {
        self.band = band
        self.sampleCount = sampleCount
        self.format = format
        span = sampleCount + format.tail
        var length = 1
        while length < span { length *= 2 }
        transform = try .ofLength(length)
        spectrum = AlignedDoubles(count: 2 * transform.binCount)
        work = AlignedDoubles(count: 2 * transform.binCount)
        time = AlignedDoubles(count: length)
        let binWidth = Double(format.sampleRate) / Double(length)
        func gains(_ curve: ResponseCurve) -> [Double] {
            curve.gains(count: length / 2 + 1, binWidth: binWidth).map { $0 / Double(length) }
        }
        levelGains = gains(.level)
        listeningGains = band == .narrow ? gains(.handset) : []
    }

    func prepared(_ signal: [Double]) -> PESQInput? {
        time.clear()
        for (index, value) in signal.enumerated() { time.base[index] = value }
        transform.forward(time, into: spectrum)
        filter(levelGains)
        var power = 0.0
        for index in 0..<span { power += time.base[index] * time.base[index] }
        guard power > 0 else { return nil }
        let scale = (1e7 * Double(span) / power).squareRoot()
        guard scale.isFinite else { return nil }

        let count = sampleCount + 2 * format.edge
        var samples = [Double](repeating: 0, count: count + format.tail)
        switch band {
        case .narrow:
            filter(listeningGains)
            for index in 0..<span { samples[format.edge + index] = time.base[index] * scale }
        case .wide:
            for index in signal.indices {
                let fade = Double(min(16, index + 1, signal.count - index)) / 16
                samples[format.edge + index] = signal[index] * scale * fade
            }
            // The filter stops with the signal: its tail is not heard.
            var highPass = PESQFormat.wideFilter
            for index in format.edge..<format.edge + sampleCount { samples[index] = highPass(samples[index]) }
        }
        return PESQInput(samples: samples, count: count)
    }

    /// Leaves the signal through a filter in `time`.
    private func filter(_ gains: [Double]) {
        for bin in 0..<transform.binCount {
            work.base[2 * bin] = spectrum.base[2 * bin] * gains[bin]
            work.base[2 * bin + 1] = spectrum.base[2 * bin + 1] * gains[bin]
        }
        transform.inverse(work, into: time)
    }
}
