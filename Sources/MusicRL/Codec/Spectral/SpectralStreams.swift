import NeuralCore

/// Features of a sound that comes piece by piece: `[1, 1, samples]` to `[1, 2 · bins, spectra]`.
///
/// The end is filled up with zeros to a whole frame of codes.
struct AnalysisStream: TimeStream {
    let frames: SpectralFrames
    /// Samples from where the next spectrum begins, the zeros before the sound among them.
    private var pending: [Float] = []
    private var received = 0

    init(_ frames: SpectralFrames) { self.frames = frames }

    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor {
        let configuration = frames.configuration, hop = configuration.spectrumHop
        if received == 0 { pending = [Float](repeating: 0, count: configuration.edge) }
        received += input.columnCount
        pending += input.values
        if isLast, received > 0 {
            let missing = (configuration.hopLength - received % configuration.hopLength) % configuration.hopLength
            pending += [Float](repeating: 0, count: missing + configuration.edge)
        }
        defer { if isLast { (pending, received) = ([], 0) } }
        let spectra = received == 0 ? 0 : (pending.count - configuration.windowLength + hop) / hop
        guard spectra > 0, pending.count >= configuration.windowLength else { return .zeros([1, 2 * configuration.binCount, 0]) }
        let used = (spectra - 1) * hop + configuration.windowLength
        // The settings have been checked when the transform was made, and the length fits.
        let features = try! frames.features(ofPadded: Array(pending[..<used]))
        pending.removeFirst(spectra * hop)
        return Tensor(features, shape: [1, spectra, 2 * configuration.binCount]).transposed([0, 2, 1])
    }
}

/// The sound of log-magnitudes and phases that come piece by piece: `[1, 2 · bins, spectra]` to `[1, 1, samples]`.
struct SynthesisStream: TimeStream {
    let frames: SpectralFrames
    /// Sums of windowed sounds, and of the windows' squares, to which further spectra will add; from spectrum `done` on.
    private var sums: [Float] = [], powers: [Float] = []
    private var done = 0

    init(_ frames: SpectralFrames) { self.frames = frames }

    mutating func process(_ input: Tensor, isLast: Bool) -> Tensor {
        let configuration = frames.configuration, hop = configuration.spectrumHop, new = input.columnCount
        if new > 0 { add(input.transposed([0, 2, 1]), spectra: new) }
        // The sound begins behind the first edge and ends before the last.
        let first = done * hop, start = max(configuration.edge, first)
        let end = isLast ? (done + new) * hop + configuration.edge : (done + new) * hop
        let samples = done + new == 0 || end <= start ? [] : (start - first..<end - first).map { sums[$0] / powers[$0] }
        done += new
        sums.removeFirst(new * hop)
        powers.removeFirst(new * hop)
        if isLast { (sums, powers, done) = ([], [], 0) }
        return Tensor(samples, shape: [1, 1, samples.count])
    }

    private mutating func add(_ polar: Tensor, spectra: Int) {
        let width = 2 * frames.configuration.binCount, hop = frames.configuration.spectrumHop
        let cartesian = Tensor(shape: [spectra * width]) { target in
            polar.withUnsafeBuffer { source in
                for row in 0..<spectra { frames.cartesianRow(source, target, at: row * width) }
            }
        }
        let sound = frames.overlapped(cartesian.values, spectra: spectra)
        for missing in [sound.count - sums.count] where missing > 0 {
            sums += [Float](repeating: 0, count: missing)
            powers += [Float](repeating: 0, count: missing)
        }
        for (index, value) in sound.enumerated() { sums[index] += value }
        for spectrum in 0..<spectra {
            for (index, value) in frames.windowPower.enumerated() { powers[spectrum * hop + index] += value }
        }
    }
}
