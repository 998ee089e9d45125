/// The work on one frame, with its scratch memory; used by one thread at a time.
///
/// Whole-signal and streaming transforms both run through here, so their numbers are the same bits.
final class FrameTransform {
    private let stft: STFT
    private let time: AlignedFloats
    private let bins: AlignedFloats
    private let length: Int
    private let inverseScale: Float

    init(_ stft: STFT) {
        self.stft = stft
        length = stft.configuration.nFFT
        time = AlignedFloats(count: length)
        bins = AlignedFloats(count: 2 * stft.configuration.binCount)
        inverseScale = 1 / (Float(length) * stft.scale)
    }

    /// Loads the frame that begins at sample `start` of `signal`, windowed; samples outside come from `padding`.
    func load(_ signal: UnsafeBufferPointer<Float>, from start: Int, padding: STFTConfiguration.Padding) {
        let offset = stft.windowOffset, count = stft.window.count
        let first = start + offset
        if first >= 0, first + count <= signal.count {
            load(signal.baseAddress! + start)
            return
        }
        let last = signal.count - 1
        for index in 0..<count {
            var position = first + index
            if position < 0 || position > last {
                guard padding == .reflect else {
                    time.base[offset + index] = 0
                    continue
                }
                position = position < 0 ? -position : 2 * last - position
            }
            time.base[offset + index] = stft.window[index] * signal[position]
        }
    }

    /// Loads `nFFT` samples, windowed.
    func load(_ frame: UnsafePointer<Float>) {
        let offset = stft.windowOffset
        let source = frame + offset, target = time.base + offset
        stft.window.withUnsafeBufferPointer { window in
            for index in 0..<window.count { target[index] = window[index] * source[index] }
        }
    }

    /// The spectrum of the loaded frame, `[bins, 2]`.
    func analyze(into output: UnsafeMutablePointer<Float>) {
        stft.transform.forward(time, into: bins)
        if stft.scale == 1 {
            output.update(from: bins.base, count: bins.count)
        } else {
            for index in 0..<bins.count { output[index] = bins.base[index] * stft.scale }
        }
    }

    /// The windowed samples of `spectrum`, `[bins, 2]`, ready for `add(to:)`.
    func synthesize(_ spectrum: UnsafePointer<Float>) {
        for index in 0..<bins.count { bins.base[index] = spectrum[index] * inverseScale }
        bins.base[1] = 0
        if length.isMultiple(of: 2) { bins.base[bins.count - 1] = 0 }
        finishSynthesis()
    }

    private func finishSynthesis() {
        stft.transform.inverse(bins, into: time)
        let samples = time.base + stft.windowOffset
        stft.window.withUnsafeBufferPointer { window in
            for index in 0..<window.count { samples[index] *= window[index] }
        }
        clearOutsideWindow()
    }

    /// The transpose of `load` and `analyze`: `gradient` is `[bins, 2]`, the result is ready for `add(to:)`.
    func synthesizeAdjoint(_ gradient: UnsafePointer<Float>) {
        // The inverse transform counts the inner bins twice, once for each sign of their frequency.
        let inner = 0.5 * stft.scale
        for index in 0..<bins.count { bins.base[index] = gradient[index] * inner }
        bins.base[0] = gradient[0] * stft.scale
        bins.base[1] = 0
        if length.isMultiple(of: 2) {
            bins.base[bins.count - 2] = gradient[bins.count - 2] * stft.scale
            bins.base[bins.count - 1] = 0
        }
        finishSynthesis()
    }

    /// The transpose of `synthesize` for a loaded frame; the result is `[bins, 2]`.
    func analyzeAdjoint(into output: UnsafeMutablePointer<Float>) {
        stft.transform.forward(time, into: bins)
        let inner = 2 * inverseScale
        for index in 0..<bins.count { output[index] = bins.base[index] * inner }
        output[0] = bins.base[0] * inverseScale
        output[1] = 0
        if length.isMultiple(of: 2) {
            output[bins.count - 2] = bins.base[bins.count - 2] * inverseScale
            output[bins.count - 1] = 0
        }
    }

    /// Adds the synthesized frame to the `nFFT` samples from `target` on.
    func add(to target: UnsafeMutablePointer<Float>) {
        let offset = stft.windowOffset
        let source = time.base + offset, sum = target + offset
        for index in 0..<stft.window.count { sum[index] += source[index] }
    }

    private func clearOutsideWindow() {
        let end = stft.windowOffset + stft.window.count
        for index in 0..<stft.windowOffset { time.base[index] = 0 }
        for index in end..<max(end, length) { time.base[index] = 0 }
    }
}
