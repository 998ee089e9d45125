/// `STFT.inverse` for spectra that arrive frame by frame: the same samples, the same bits.
///
/// ```swift
/// var stream = try StreamingISTFT(stft)
/// output += stream.process(spectrum)           // `hopLength` samples for each frame, less the padding
/// output += try stream.finish(length: n)       // what is left, cut or extended to `n` samples in all
/// ```
/// Not to be shared between threads.
public struct StreamingISTFT {
    public let stft: STFT
    private let engine: FrameTransform
    private let squaredWindow: [Float]
    /// Sums of frames and of squared windows over the last `nFFT` samples of the padded signal.
    private var sum: [Float]
    private var envelope: [Float]
    private var frames = 0
    private var emitted = 0

    /// Throws where the window and hop cannot be inverted.
    public init(_ stft: STFT) throws {
        try stft.requireInvertible()
        self.stft = stft
        engine = FrameTransform(stft)
        squaredWindow = stft.window.map { $0 * $0 }
        sum = [Float](repeating: 0, count: stft.configuration.nFFT)
        envelope = sum
    }

    /// Forgets everything that was added.
    public mutating func reset() {
        for index in sum.indices {
            sum[index] = 0
            envelope[index] = 0
        }
        (frames, emitted) = (0, 0)
    }

    /// Adds one frame, `[bins, 2]`, and hands over the samples that no later frame changes.
    ///
    /// There are `hopLength` of them, fewer at first when frames are centred.
    public mutating func process(
        _ spectrum: UnsafeBufferPointer<Float>, onSamples: (UnsafeBufferPointer<Float>) throws -> Void
    ) rethrows {
        precondition(spectrum.count == 2 * stft.configuration.binCount, "one frame of the transform's bins")
        if frames > 0 { try advance(onSamples) }
        let engine = engine
        engine.synthesize(spectrum.baseAddress!)
        sum.withUnsafeMutableBufferPointer { engine.add(to: $0.baseAddress!) }
        let offset = stft.windowOffset
        for index in squaredWindow.indices { envelope[offset + index] += squaredWindow[index] }
        frames += 1
    }

    /// Adds frames and returns the samples that no later frame changes.
    public mutating func process(_ spectra: ComplexSpectrogram) throws -> [Float] {
        try stft.check(spectra)
        var output: [Float] = []
        let stride = 2 * spectra.binCount
        spectra.values.withUnsafeBufferPointer { values in
            for frame in 0..<spectra.frameCount {
                process(UnsafeBufferPointer(rebasing: values[frame * stride..<(frame + 1) * stride])) {
                    output.append(contentsOf: $0)
                }
            }
        }
        return output
    }

    /// Returns the remaining samples of a signal of `length` samples in all, and starts anew.
    ///
    /// Without `length` the signal has its natural length. Throws where the windows leave a sample uncovered
    /// and where more than `length` samples were handed over already.
    public mutating func finish(length: Int? = nil) throws -> [Float] {
        defer { reset() }
        let total = try stft.sampleCount(forFrames: frames, length: length)
        guard frames > 0 else { return [Float](repeating: 0, count: total) }
        guard emitted <= total else {
            throw SignalError.mismatch(
                operation: "Inverse short-time transform",
                reason: "\(emitted) samples were handed over and the length is \(total)")
        }
        _ = try stft.overlapEnvelope(frameCount: min(frames, framesForCheck), length: lengthForCheck(total))
        var output: [Float] = []
        output.reserveCapacity(total - emitted)
        let hop = stft.configuration.hopLength
        var position = (frames - 1) * hop - stft.configuration.edgePadding
        for index in 0..<sum.count {
            if position >= emitted, emitted + output.count < total { output.append(sum[index] / envelope[index]) }
            position += 1
        }
        output.append(contentsOf: repeatElement(0, count: total - emitted - output.count))
        return output
    }

    /// Enough frames for the envelope to have its steady state between two ends.
    private var framesForCheck: Int {
        let (nFFT, hop) = (stft.configuration.nFFT, stft.configuration.hopLength)
        return 2 * ((nFFT + hop - 1) / hop) + 2
    }

    /// `total` with the frames left out of the check taken off.
    private func lengthForCheck(_ total: Int) -> Int {
        max(0, total - (frames - min(frames, framesForCheck)) * stft.configuration.hopLength)
    }

    private mutating func advance(_ onSamples: (UnsafeBufferPointer<Float>) throws -> Void) rethrows {
        let (nFFT, hop) = (stft.configuration.nFFT, stft.configuration.hopLength)
        let start = max(0, stft.configuration.edgePadding - (frames - 1) * hop)
        let final = min(hop, nFFT)
        if start < final {
            for index in start..<final { sum[index] /= envelope[index] }
            try sum.withUnsafeBufferPointer {
                try onSamples(UnsafeBufferPointer(rebasing: $0[start..<final]))
            }
            emitted += final - start
        }
        Self.shift(&sum, by: hop)
        Self.shift(&envelope, by: hop)
    }

    private static func shift(_ values: inout [Float], by hop: Int) {
        let kept = max(0, values.count - hop)
        values.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            base.update(from: base + (buffer.count - kept), count: kept)
            (base + kept).update(repeating: 0, count: buffer.count - kept)
        }
    }
}
