/// Short-time Fourier transform and its inverse, with the conventions of `torch.stft` and `torch.istft`.
///
/// ```swift
/// let stft = try STFT(STFTConfiguration(nFFT: 512, hopLength: 128))
/// let spectrum = try stft.forward(signal)                        // 1 + N / 128 frames of 257 bins
/// let same = try stft.inverse(spectrum, length: signal.count)
/// ```
///
/// One value may be used by many threads at once.
public struct STFT: Sendable {
    public let configuration: STFTConfiguration
    /// The window in the middle of `nFFT` samples is `window[i]` at sample `windowOffset + i`.
    let window: [Float]
    let windowOffset: Int
    let transform: RealTransform
    /// What spectra are multiplied by.
    let scale: Float

    /// Throws where a setting is out of range or the window does not fit.
    public init(_ configuration: STFTConfiguration) throws {
        try configuration.validate()
        self.configuration = configuration
        window = try configuration.window.weights(length: configuration.windowLength)
        windowOffset = (configuration.nFFT - configuration.windowLength) / 2
        transform = try .ofLength(configuration.nFFT)
        scale = configuration.normalized ? 1 / Float(configuration.nFFT).squareRoot() : 1
    }

    /// The spectra of `signal`.
    ///
    /// Centred, the last frame is the last whose middle lies inside; not centred, samples after the last
    /// whole frame are left out. Throws where the signal is too short (see
    /// `STFTConfiguration.minimumSampleCount`).
    public func forward(_ signal: [Float]) throws -> ComplexSpectrogram {
        try signal.withUnsafeBufferPointer { try forward($0) }
    }

    /// `forward` of each channel.
    public func forward(channels: [[Float]]) throws -> [ComplexSpectrogram] {
        try channels.map { try forward($0) }
    }

    /// The spectra of the samples in `signal`.
    public func forward(_ signal: UnsafeBufferPointer<Float>) throws -> ComplexSpectrogram {
        guard signal.count >= configuration.minimumSampleCount else {
            throw SignalError.tooShort(
                operation: "The short-time transform", samples: signal.count, needed: configuration.minimumSampleCount)
        }
        let binCount = configuration.binCount
        let frameCount = configuration.frameCount(forSamples: signal.count)
        let engine = FrameTransform(self)
        return ComplexSpectrogram(frameCount: frameCount, binCount: binCount) { output in
            for frame in 0..<frameCount {
                let start = frame * configuration.hopLength - configuration.edgePadding
                engine.load(signal, from: start, padding: configuration.padding)
                engine.analyze(into: output + frame * binCount * 2)
            }
        }
    }

    /// The signal whose spectra are `spectrum`: weighted overlap-add divided by the summed squared windows.
    ///
    /// Imaginary parts that a real signal cannot have (at 0 Hz and, for even `nFFT`, at the Nyquist
    /// frequency) are ignored.
    ///
    /// - Parameter length: Samples wanted. Without it the natural length, `STFTConfiguration.sampleCount(forFrames:)`.
    ///   Up to half a frame more than that can be had from the last frames' tails, where rounding errors
    ///   grow as the windows vanish; beyond it are zeros.
    /// - Throws: `SignalError.notInvertible` where the windows leave samples of the result uncovered.
    public func inverse(_ spectrum: ComplexSpectrogram, length: Int? = nil) throws -> [Float] {
        try check(spectrum)
        let frames = spectrum.frameCount
        let count = try sampleCount(forFrames: frames, length: length)
        guard frames > 0, count > 0 else { return [Float](repeating: 0, count: max(count, 0)) }
        let envelope = try overlapEnvelope(frameCount: frames, length: length)
        let (nFFT, hop) = (configuration.nFFT, configuration.hopLength)
        let engine = FrameTransform(self)
        var sum = [Float](repeating: 0, count: nFFT + hop * (frames - 1))
        sum.withUnsafeMutableBufferPointer { sum in
            spectrum.values.withUnsafeBufferPointer { values in
                for frame in 0..<frames {
                    engine.synthesize(values.baseAddress! + frame * spectrum.binCount * 2)
                    engine.add(to: sum.baseAddress! + frame * hop)
                }
            }
        }
        let start = configuration.edgePadding
        return [Float](unsafeUninitializedCapacity: count) { output, initialized in
            let covered = min(count, sum.count - start)
            for index in 0..<covered { output[index] = sum[start + index] / envelope[start + index] }
            for index in covered..<max(count, covered) { output[index] = 0 }
            initialized = count
        }
    }

    /// `inverse` of each channel.
    public func inverse(channels: [ComplexSpectrogram], length: Int? = nil) throws -> [[Float]] {
        try channels.map { try inverse($0, length: length) }
    }

    func check(_ spectrum: ComplexSpectrogram) throws {
        guard spectrum.binCount == configuration.binCount else {
            throw SignalError.mismatch(
                operation: "Inverse short-time transform",
                reason: "the spectra have \(spectrum.binCount) bins and nFFT \(configuration.nFFT) has "
                    + "\(configuration.binCount)")
        }
    }

    func sampleCount(forFrames frames: Int, length: Int?) throws -> Int {
        guard let length else { return max(0, configuration.sampleCount(forFrames: frames)) }
        guard length >= 0 else {
            throw SignalError.invalidSetting(
                operation: "Inverse short-time transform", reason: "the length must not be negative (\(length))")
        }
        return length
    }
}
