import NeuralCore

/// The samples of a spectrum, overlapped with those of the frame before.
struct FrameSynthesis {
    private let outputs: Int, bins: Int, chunk: Int, lookahead: Int
    private let product: PackedProduct
    private let spectra, frames: UnsafeMutablePointer<Float>
    /// What the last frame has beyond its chunk, `[outputs, lookahead]`.
    private let overlap: UnsafeMutablePointer<Float>

    init(_ configuration: ExtractorConfiguration, _ bank: FourierBank, in arena: StreamArena) {
        outputs = configuration.outputs
        bins = configuration.binCount
        chunk = configuration.chunkLength
        lookahead = configuration.lookahead
        let length = configuration.windowLength
        let filters = bank.matrix.values
        product = PackedProduct(
            in: arena, depth: 2 * bins, columns: length, bias: [Float](repeating: 0, count: length)
        ) { row, sample in filters[row * length + sample] }
        spectra = arena.floats(outputs * 2 * bins)
        frames = arena.floats(outputs * product.columns)
        overlap = arena.floats(outputs * lookahead)
    }

    /// Adds a frame, `[bins, stride]` with real and imaginary parts of each output in turn, and writes
    /// `[outputs, chunk]`. Returns whether all samples are finite.
    func callAsFunction(
        _ features: UnsafePointer<Float>, stride: Int, into output: UnsafeMutablePointer<Float>
    ) -> Bool {
        for channel in 0..<outputs {
            let spectrum = spectra + channel * 2 * bins, column = features + 2 * channel
            for bin in 0..<bins {
                spectrum[bin] = column[bin * stride]
                spectrum[bins + bin] = column[bin * stride + 1]
            }
        }
        product(spectra, stride: 2 * bins, rows: outputs, into: frames, stride: product.columns)
        var check: Float = 0
        for channel in 0..<outputs {
            let frame = frames + channel * product.columns, tail = overlap + channel * lookahead
            let samples = output + channel * chunk
            samples.update(from: frame, count: chunk)
            for index in 0..<lookahead { samples[index] += tail[index] }
            tail.update(from: frame + chunk, count: lookahead)
            for index in 0..<chunk + lookahead { check += 0 * frame[index] }
        }
        return check == 0
    }

    func reset() { overlap.update(repeating: 0, count: outputs * lookahead) }

    /// The last frame's spectrum of one output, real then imaginary parts.
    func spectrum(_ channel: Int) -> UnsafePointer<Float> { UnsafePointer(spectra + channel * 2 * bins) }
}
