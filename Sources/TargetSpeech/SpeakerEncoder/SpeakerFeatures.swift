import AudioDSP

/// The features of d-vectors: power in 40 mel bands up to 8 kHz every 10 ms, without logarithm.
public struct SpeakerFeatures: Sendable {
    /// In Hz.
    public static let sampleRate = 16_000
    /// Samples from one frame to the next.
    public static let hopLength = 160
    public static let bandCount = 40

    private let mel: MelSpectrogram

    public init() throws {
        mel = try MelSpectrogram(
            STFTConfiguration(nFFT: 400, hopLength: Self.hopLength, padding: .zeros),
            bank: MelFilterBank(sampleRate: Self.sampleRate, nFFT: 400, bandCount: Self.bandCount))
    }

    /// `1 + N / 160` frames of a signal of N samples, `[frames, 40]`. Throws where the signal is empty.
    public func callAsFunction(_ signal: [Float]) throws -> [Float] { try mel(signal) }
}
