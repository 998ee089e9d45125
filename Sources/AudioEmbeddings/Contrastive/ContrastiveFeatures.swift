import AudioDSP
import Foundation

/// What the audio side looks at: levels of mel bands, logarithmic.
struct ContrastiveFeatures: Sendable {
    let configuration: ContrastiveConfiguration
    private let mel: MelSpectrogram
    private let scale: Float

    /// - Throws: `SignalError`.
    init(_ configuration: ContrastiveConfiguration) throws {
        self.configuration = configuration
        let (length, rate) = (configuration.windowLength, configuration.sampleRate)
        let bank = try MelFilterBank(
            sampleRate: rate, nFFT: length, bandCount: configuration.bands, range: 40...Double(rate) / 2, normalization: .none)
        mel = try MelSpectrogram(STFTConfiguration(nFFT: length, hopLength: configuration.hop, centered: true, padding: .zeros), bank: bank)
        // A sine of full scale has about the power 1: squared, four over the length, which is twice a Hann window's sum.
        scale = 16 / Float(length * length)
    }

    /// Spectra of so many samples.
    func frames(ofSamples count: Int) -> Int { max(1, count / configuration.hop) }

    /// `[frames, bands]`, about 0 with a deviation of 1 in music.
    func callAsFunction(_ signal: [Float]) throws -> [Float] {
        let count = frames(ofSamples: signal.count) * configuration.bands
        return try mel(signal).prefix(count).map { (log10($0 * scale + Self.floor) + 6) * 0.7 }
    }

    private static let floor: Float = 1e-9
}
