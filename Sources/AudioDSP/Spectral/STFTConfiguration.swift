/// Settings of a short-time Fourier transform.
public struct STFTConfiguration: Sendable, Hashable {
    /// What stands in for the samples before the beginning and after the end when frames are centred.
    public enum Padding: Sendable, Hashable {
        /// The signal mirrored at its first and last sample, which are not repeated. Needs more than
        /// `nFFT / 2` samples.
        case reflect
        /// Silence; any length will do.
        case zeros
    }

    /// Length of the Fourier transform; odd lengths are allowed.
    public var nFFT: Int
    /// Samples from one frame to the next.
    public var hopLength: Int
    /// Samples under the window, at most `nFFT`; a shorter window sits in the middle of the frame.
    public var windowLength: Int
    public var window: SpectralWindow
    /// Whether frame `t` is centred on sample `t * hopLength` instead of beginning there.
    public var centered: Bool
    public var padding: Padding
    /// Whether spectra are divided by the square root of `nFFT`.
    public var normalized: Bool

    /// - Parameters:
    ///   - hopLength: A quarter of the window when left out.
    ///   - windowLength: `nFFT` when left out.
    public init(
        nFFT: Int, hopLength: Int? = nil, windowLength: Int? = nil, window: SpectralWindow = .hann,
        centered: Bool = true, padding: Padding = .reflect, normalized: Bool = false
    ) {
        self.nFFT = nFFT
        self.windowLength = windowLength ?? nFFT
        self.hopLength = hopLength ?? max(1, (windowLength ?? nFFT) / 4)
        self.window = window
        self.centered = centered
        self.padding = padding
        self.normalized = normalized
    }

    /// Frequencies in a spectrum, from 0 Hz to the Nyquist frequency.
    public var binCount: Int { nFFT / 2 + 1 }

    /// Samples added before the beginning and after the end.
    public var edgePadding: Int { centered ? nFFT / 2 : 0 }

    /// The frames that a signal of `sampleCount` samples has; 0 where it is too short.
    public func frameCount(forSamples sampleCount: Int) -> Int {
        let padded = sampleCount + 2 * edgePadding
        guard sampleCount >= minimumSampleCount, padded >= nFFT else { return 0 }
        return 1 + (padded - nFFT) / hopLength
    }

    /// The samples that an inverse of `frameCount` frames returns when no length is asked for.
    public func sampleCount(forFrames frameCount: Int) -> Int {
        frameCount == 0 ? 0 : nFFT + hopLength * (frameCount - 1) - 2 * edgePadding
    }

    /// The shortest signal that can be transformed.
    public var minimumSampleCount: Int {
        guard centered else { return nFFT }
        return padding == .reflect ? nFFT / 2 + 1 : 1
    }

    func validate() throws {
        func refuse(_ reason: String) -> SignalError { .invalidSetting(operation: "STFT", reason: reason) }
        guard (1...RealTransform.longest).contains(nFFT) else {
            throw refuse("nFFT must be from 1 to \(RealTransform.longest), not \(nFFT)")
        }
        guard (1...nFFT).contains(windowLength) else {
            throw refuse("the window's length must be from 1 to nFFT (\(nFFT)), not \(windowLength)")
        }
        guard (1...RealTransform.longest).contains(hopLength) else {
            throw refuse("the hop must be from 1 to \(RealTransform.longest), not \(hopLength)")
        }
    }
}
