import AudioDSP
import NeuralCore
import SpectralNetworks

/// Between waveforms and the compressed spectrograms that diffusion models work on.
///
/// ```swift
/// let transform = try SpectrogramTransform(.sgmse16kHz)
/// let spectra = try transform.spectra(of: [signal])                   // [1, frames, bins, 2]
/// let same = try transform.signals(from: spectra, length: signal.count)
/// ```
public struct SpectrogramTransform: Sendable {
    /// Settings, kept in a model's checkpoint.
    public struct Configuration: Sendable, Codable, Equatable {
        public enum Window: String, Sendable, Codable { case hann, sqrtHann }

        public var nFFT: Int
        public var hopLength: Int
        public var window: Window
        public var compression: AmplitudeCompression

        public init(nFFT: Int, hopLength: Int, window: Window = .hann, compression: AmplitudeCompression) {
            self.nFFT = nFFT
            self.hopLength = hopLength
            self.window = window
            self.compression = compression
        }

        /// What SGMSE+ uses at 16 kHz: 256 bins, a frame every 8 ms.
        public static let sgmse16kHz = Configuration(
            nFFT: 510, hopLength: 128, compression: .power(exponent: 0.5, factor: 0.15))
        /// What SGMSE+ uses at 48 kHz (EARS): 768 bins, a frame every 8 ms.
        public static let sgmse48kHz = Configuration(
            nFFT: 1534, hopLength: 384, compression: .power(exponent: 0.667, factor: 0.065))
    }

    public let configuration: Configuration
    public let stft: STFT

    /// - Throws: `ScoreDiffusionError.invalidTransform` or what `STFT` finds wrong with the settings.
    public init(_ configuration: Configuration) throws {
        try configuration.compression.validate()
        self.configuration = configuration
        stft = try STFT(STFTConfiguration(
            nFFT: configuration.nFFT, hopLength: configuration.hopLength,
            window: configuration.window == .hann ? .hann : .sqrtHann))
    }

    public var binCount: Int { stft.configuration.binCount }

    /// Compressed spectra `[batch, frames, bins, 2]` of signals that have one length.
    ///
    /// - Throws: `SignalError.tooShort` for signals of at most `nFFT / 2` samples.
    public func spectra(of signals: [[Float]]) throws -> Tensor {
        let spectra = try signals.map(stft.forward)
        let frames = spectra.first?.frameCount ?? 0
        precondition(spectra.allSatisfy { $0.frameCount == frames }, "the signals of a batch have one length")
        return configuration.compression.compress(
            Tensor(spectra.flatMap(\.values), shape: [signals.count, frames, binCount, 2]))
    }

    /// Waveforms `[batch, length]` of compressed spectra `[batch, frames, bins, 2]`; gradients pass through.
    ///
    /// Frames beyond `length` are ignored, samples beyond the last frame are zero.
    public func signals(from spectra: Tensor, length: Int) throws -> Tensor {
        try stft.inverse(configuration.compression.expand(spectra), length: length)
    }
}
