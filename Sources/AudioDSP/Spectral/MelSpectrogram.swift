/// Mel spectra of a signal, and their logarithms.
///
/// ```swift
/// let mel = try MelSpectrogram(
///     STFTConfiguration(nFFT: 512, hopLength: 160, windowLength: 400),
///     bank: MelFilterBank(sampleRate: 16_000, nFFT: 512, bandCount: 80))
/// let features = try mel.logarithm(.clamped(floor: 1e-5), of: signal)    // [frames, 80]
/// ```
public struct MelSpectrogram: Sendable {
    /// What the filters sum.
    public enum Spectrum: Sendable, Hashable {
        case power, magnitude
    }

    public let stft: STFT
    public let bank: MelFilterBank
    public let spectrum: Spectrum

    public init(_ configuration: STFTConfiguration, bank: MelFilterBank, spectrum: Spectrum = .power) throws {
        guard bank.binCount == configuration.binCount else {
            throw SignalError.mismatch(
                operation: "Mel spectrogram",
                reason: "the filters are for \(bank.binCount) bins and spectra have \(configuration.binCount)")
        }
        stft = try STFT(configuration)
        self.bank = bank
        self.spectrum = spectrum
    }

    /// Mel spectra, `[frames, bands]`.
    public func callAsFunction(_ signal: [Float]) throws -> [Float] {
        let spectra = try stft.forward(signal)
        return try bank.apply(spectrum == .power ? spectra.power() : spectra.magnitude())
    }

    /// Logarithms of mel spectra, `[frames, bands]`.
    public func logarithm(_ logarithm: SpectralLogarithm, of signal: [Float]) throws -> [Float] {
        logarithm(try self(signal))
    }
}
