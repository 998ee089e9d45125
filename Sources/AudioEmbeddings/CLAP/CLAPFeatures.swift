import AudioDSP
import ModelLibrary
import NeuralCore

/// Log-mel spectra as CLAP takes them, of windows of one length.
///
/// Power spectra of 1,024 samples under a periodic Hann window every 480, centred with reflection, through mel filters,
/// in dB with a floor of 1e-10 and no limit to the range. Filters are those of Slaney with equal areas or, in models made
/// with feature fusion, those of HTK with equal heights. All numbers come from `preprocessor_config.json`.
public struct CLAPFeatures: Sendable {
    /// What fills a recording that is shorter than a window.
    enum Padding: String {
        /// Whole repetitions, then silence.
        case repeatpad
        /// Repetitions.
        case `repeat`
        case pad
    }

    public let sampleRate: Int
    /// Samples of a window.
    public let windowLength: Int
    public let isFused: Bool
    let mel: MelSpectrogram
    let padding: Padding

    /// - Parameters:
    ///   - preprocessor: `preprocessor_config.json`, `.null` for the published program's defaults.
    ///   - isFused: whether the model was made with feature fusion, for settings that do not say how spectra are cut.
    /// - Throws: `ModelError.invalidSettings`.
    public init(preprocessor: JSONValue, isFused: Bool, bandCount: Int, path: String) throws {
        let reader = SettingsReader(path: path)
        sampleRate = try reader.size(preprocessor, "sampling_rate", 48_000)
        let nFFT = try reader.size(preprocessor, "fft_window_size", 1024)
        let hop = try reader.size(preprocessor, "hop_length", 480)
        let seconds = try reader.size(preprocessor, "max_length_s", 10)
        let bands = try reader.size(preprocessor, "feature_size", bandCount)
        let name = preprocessor["padding"].string ?? "repeatpad"
        guard let padding = Padding(rawValue: name) else { throw reader.refusal("the padding \"\(name)\" is unknown") }
        guard AudioFileLimits.sampleRates.contains(sampleRate), seconds <= 600, bands == bandCount else {
            throw reader.refusal(
                "\(seconds) s at \(sampleRate) Hz in \(bands) bands do not fit the network, which takes \(bandCount) bands")
        }
        windowLength = seconds * sampleRate
        self.padding = padding
        self.isFused = preprocessor["truncation"].string.map { $0 == "fusion" } ?? isFused
        let low = preprocessor["frequency_min"].double ?? 0, high = preprocessor["frequency_max"].double ?? 14_000
        guard low >= 0, low < high, nFFT <= windowLength else {
            throw reader.refusal("the range \(low) to \(high) Hz is empty")
        }
        do {
            let bank = try MelFilterBank(
                sampleRate: sampleRate, nFFT: nFFT, bandCount: bands, range: low...high,
                scale: self.isFused ? .htk : .slaney,
                normalization: self.isFused ? .none : .area)
            mel = try MelSpectrogram(
                STFTConfiguration(nFFT: nFFT, hopLength: hop, centered: true, padding: .reflect), bank: bank)
        } catch let error as SignalError {
            throw reader.refusal(error.localizedDescription)
        }
    }

    /// Frames of a window.
    public var frameCount: Int { mel.stft.configuration.frameCount(forSamples: windowLength) }

    /// The features of a signal of at most one window, `[frames, bands]` in dB; shorter ones are filled up.
    public func callAsFunction(_ signal: [Float]) throws -> [Float] {
        precondition(!signal.isEmpty && signal.count <= windowLength, "a window takes 1 to \(windowLength) samples")
        let whole = windowLength / signal.count * signal.count
        var filled: [Float]
        switch padding {
        case .repeatpad: filled = Stretches.repeated(signal, to: whole)
        case .repeat: filled = Stretches.repeated(signal, to: windowLength)
        case .pad: filled = signal
        }
        filled += [Float](repeating: 0, count: windowLength - filled.count)
        return try mel.logarithm(.decibels(reference: .one, floor: 1e-10, range: nil), of: filled)
    }
}
