import AudioDSP

/// Power spectra of windowed frames in double precision; used by one thread at a time.
final class PowerFrames {
    /// Bins from 0 Hz to the Nyquist frequency.
    let binCount: Int
    private let window: [Double]
    private let transform: PreciseTransform
    private let time: AlignedDoubles
    private let bins: AlignedDoubles

    /// - Parameter length: Of the transform, at least that of the window; the frame is followed by zeros.
    init(window: [Double], length: Int) throws {
        precondition(window.count <= length, "a window that fits in the transform")
        self.window = window
        transform = try .ofLength(length)
        binCount = transform.binCount
        time = AlignedDoubles(count: length)
        bins = AlignedDoubles(count: 2 * binCount)
    }

    /// Writes the squared magnitudes of the frame that begins at `start` to the first `binCount` places of `power`.
    ///
    /// Samples outside of `signal` count as zero.
    func analyze(_ signal: [Double], at start: Int, into power: inout [Double]) {
        signal.withUnsafeBufferPointer { signal in
            let first = max(0, -start), last = min(window.count, signal.count - start)
            for index in 0..<min(first, window.count) { time.base[index] = 0 }
            if first < last { for index in first..<last { time.base[index] = window[index] * signal[start + index] } }
            if last < window.count { for index in max(0, last)..<window.count { time.base[index] = 0 } }
        }
        transform.forward(time, into: bins)
        power.withUnsafeMutableBufferPointer { power in
            for bin in 0..<binCount {
                let (real, imaginary) = (bins.base[2 * bin], bins.base[2 * bin + 1])
                power[bin] = real * real + imaginary * imaginary
            }
        }
    }
}
