import NeuralCore

/// The spectrum of the newest window of every microphone.
struct FrameAnalysis {
    private let microphones: Int, bins: Int, chunk: Int, lookahead: Int
    private let product: PackedProduct
    /// The newest `lookahead + chunk` samples of each microphone.
    private let windows: UnsafeMutablePointer<Float>
    private let spectra: UnsafeMutablePointer<Float>
    private var windowLength: Int { chunk + lookahead }

    init(_ configuration: ExtractorConfiguration, _ bank: FourierBank, in arena: StreamArena) {
        microphones = configuration.microphones
        bins = configuration.binCount
        chunk = configuration.chunkLength
        lookahead = configuration.lookahead
        let length = configuration.windowLength
        let filters = bank.matrix.values
        product = PackedProduct(
            in: arena, depth: length, columns: 2 * bins, bias: [Float](repeating: 0, count: 2 * bins)
        ) { sample, row in filters[row * length + sample] }
        windows = arena.floats(microphones * length)
        spectra = arena.floats(microphones * product.columns)
    }

    /// Moves on by one chunk, `[microphones, chunk]`; returns how many samples were not finite and became zero.
    func take(_ input: UnsafePointer<Float>) -> Int {
        var replaced = 0
        for microphone in 0..<microphones {
            let window = windows + microphone * windowLength, samples = input + microphone * chunk
            window.update(from: window + chunk, count: lookahead)
            for index in 0..<chunk {
                let sample = samples[index]
                if sample.isFinite {
                    window[lookahead + index] = sample
                } else {
                    window[lookahead + index] = 0
                    replaced += 1
                }
            }
        }
        return replaced
    }

    /// Puts samples, `[microphones, lookahead]`, where the next frame begins.
    func begin(with first: UnsafePointer<Float>) {
        for microphone in 0..<microphones {
            let window = windows + microphone * windowLength
            for index in 0..<lookahead {
                let sample = first[microphone * lookahead + index]
                window[chunk + index] = sample.isFinite ? sample : 0
            }
        }
    }

    /// `[bins, 2 microphones]`: the real parts of all microphones, then their imaginary parts.
    func callAsFunction(into features: UnsafeMutablePointer<Float>) {
        product(windows, stride: windowLength, rows: microphones, into: spectra, stride: product.columns)
        for part in 0..<2 {
            for microphone in 0..<microphones {
                let values = spectra + microphone * product.columns + part * bins
                let column = features + part * microphones + microphone
                for bin in 0..<bins { column[bin * 2 * microphones] = values[bin] }
            }
        }
    }

    func reset() { windows.update(repeating: 0, count: microphones * windowLength) }
}
