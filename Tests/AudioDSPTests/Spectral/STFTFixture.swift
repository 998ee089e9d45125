import AudioDSP
import NeuralCore
import TestSupport

/// The settings of one case of `dsp/stft/config.json`.
func stftConfiguration(_ entry: JSONValue) throws -> STFTConfiguration {
    let windows: [String: SpectralWindow] = [
        "hann": .hann, "sqrthann": .sqrtHann, "hamming": .hamming, "ones": .rectangular,
    ]
    return STFTConfiguration(
        nFFT: try required(entry["n_fft"].int), hopLength: try required(entry["hop"].int),
        windowLength: try required(entry["win"].int), window: try required(windows[try required(entry["window"].string)]),
        centered: try required(entry["center"].bool),
        padding: entry["pad_mode"].string == "constant" ? .zeros : .reflect,
        normalized: entry["normalized"].bool ?? false)
}

struct MissingValue: Error {}

/// A value that the fixture must have.
func required<T>(_ value: T?) throws -> T {
    guard let value else { throw MissingValue() }
    return value
}

/// `[bins, frames, 2]`, as the fixtures hold spectra, to our `[frames, bins, 2]`.
func spectrogram(_ values: [Float], shape: [Int]) throws -> ComplexSpectrogram {
    var result = ComplexSpectrogram(frameCount: shape[1], binCount: shape[0])
    for bin in 0..<shape[0] {
        for frame in 0..<shape[1] {
            let index = (bin * shape[1] + frame) * 2
            result[frame, bin] = (values[index], values[index + 1])
        }
    }
    return result
}
