/// The voice activity detector of WebRTC at 16 kHz with frames of 30 ms, in its most demanding mode ("very
/// aggressive"), flag for flag.
///
/// ```swift
/// var detector = VoiceActivityDetector()
/// let flags = detector.flags(of: pcm)             // one for each whole frame of 480 samples
/// ```
/// Six energies below 4 kHz are held against two Gaussians each for speech and for noise, which adapt to what is heard.
/// Everything is in integers, so that the flags are the same on every machine. A value belongs to one signal.
///
/// J. Sohn, N. S. Kim and W. Sung, "A statistical model-based voice activity detection", IEEE Signal Processing
/// Letters 6(1), 1999, is the family; the constants are those of WebRTC.
public struct VoiceActivityDetector: Sendable {
    /// In Hz.
    public static let sampleRate = 16_000
    /// Samples in a frame.
    public static let frameLength = 480

    private var energies = BandEnergies()
    private var model = SpeechNoiseModel()
    private var hangover = Hangover()

    /// What is found in one frame.
    struct Analysis {
        /// Six logarithms of energy in steps of 1/16 dB, low bands first.
        var features: [Int32]
        var power: Int32
        /// Weighted log ratio of the likelihoods of speech and noise; 0 where the frame is too quiet to be judged.
        var ratio: Int32 = 0
        /// The decision before the hangover.
        var isRawSpeech = false
        var isSpeech = false
    }

    public init() {}

    /// Whether the next frame, of `frameLength` samples, holds speech.
    public mutating func isSpeech(_ frame: ArraySlice<Int16>) -> Bool { analyze(frame).isSpeech }

    /// One flag for each whole frame of `signal`.
    public mutating func flags(of signal: [Int16]) -> [Bool] {
        stride(from: 0, through: signal.count - Self.frameLength, by: Self.frameLength).map {
            isSpeech(signal[$0..<$0 + Self.frameLength])
        }
    }

    mutating func analyze(_ frame: ArraySlice<Int16>) -> Analysis {
        precondition(frame.count == Self.frameLength, "a frame has \(Self.frameLength) samples")
        let (features, power) = energies(frame.map { Int32($0) })
        var result = Analysis(features: features, power: power)
        if power > BandEnergies.quietPower {
            (result.isRawSpeech, result.ratio) = model.decide(features)
        }
        result.isSpeech = hangover(result.isRawSpeech)
        return result
    }
}

/// Keeps the flag up for a few frames after speech.
private struct Hangover {
    private var remaining = 0
    private var run = 0

    mutating func callAsFunction(_ isSpeech: Bool) -> Bool {
        guard !isSpeech else {
            run += 1
            remaining = run > 6 ? 3 : 2
            run = min(run, 6)
            return true
        }
        run = 0
        guard remaining > 0 else { return false }
        remaining -= 1
        return true
    }
}
