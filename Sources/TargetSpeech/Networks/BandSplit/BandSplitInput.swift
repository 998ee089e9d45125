import AudioDSP
import NeuralCore
import SpectralNetworks

/// A mixture as `BandSplitExtractor` takes it, and the way back.
struct BandSplitInput {
    /// Compressed spectra at the level followed, `[batch, frames, bins, 2]`.
    let left, right: Tensor
    /// `[batch, frames, bins · perBin]`
    let features: Tensor
    /// 1 / gain of each frame, `[batch, frames, 1, 1]`.
    private let levels: Tensor
    private let stft: STFT
    private let samples: Int

    /// - Parameter mixture: `[batch, 2, samples]`
    init(_ mixture: Tensor, stft: STFT, sampleRate: Int) {
        let (batch, samples) = (mixture.shape[0], mixture.shape[2])
        let chunk = stft.configuration.hopLength, chunks = (samples + chunk - 1) / chunk, frames = chunks + 1, bins = chunk + 1
        let values = mixture.values
        let items = parallelMap(batch) { item in
            let ears = (0..<2).map { ear in
                Array(values[(2 * item + ear) * samples..<(2 * item + ear + 1) * samples])
                    + [Float](repeating: 0, count: chunks * chunk - samples)
            }
            return Self.item(ears, follower: LevelFollower(chunk: chunk, sampleRate: sampleRate), stft: stft)
        }
        func spectra(_ ear: Int) -> Tensor { Tensor(items.flatMap { $0.spectra[ear] }, shape: [batch, frames, bins, 2]) }
        left = spectra(0)
        right = spectra(1)
        features = Tensor(items.flatMap(\.features), shape: [batch, frames, bins * BinauralFeatures.perBin])
        levels = Tensor(items.flatMap(\.levels), shape: [batch, frames, 1, 1])
        (self.stft, self.samples) = (stft, samples)
    }

    /// `[batch, 2, samples]` of the compressed spectra of both ears; gradients pass through.
    func signals(from ears: [Tensor]) -> Tensor {
        let expansion = RadialMap.power(2, factor: Double(1 / (BandSplitExtractor.factor * BandSplitExtractor.factor)))
        return Tensor.concatenated(
            ears.map { ear in
                // The lengths are those of the frames that were made of this mixture.
                (try! stft.inverse(ear.mappingRadii(expansion) * levels, length: samples)).expanded(at: 1)
            }, axis: 1)
    }

    private struct Item: Sendable {
        var spectra: [[Float]], features: [Float], levels: [Float]
    }

    private static func item(_ ears: [[Float]], follower: LevelFollower, stft: STFT) -> Item {
        var follower = follower
        let chunk = stft.configuration.hopLength
        let chunks = ears[0].count / chunk, frames = chunks + 1, bins = chunk + 1
        let gains = (0..<frames).map { frame in
            frame < chunks
                ? follower.gain(afterPower: ears.reduce(0) { $0 + energy($1, frame * chunk, chunk) } / Float(2 * chunk))
                : follower.gain(afterPower: 0)
        }
        let spectra = ears.map { ear in
            // A centred transform with silence around takes any signal.
            var values = (try! stft.forward(ear)).values
            values.withUnsafeMutableBufferPointer { values in
                for (frame, gain) in gains.enumerated() { compress(values.baseAddress! + frame * bins * 2, bins: bins, gain: gain) }
            }
            return values
        }
        let features = [Float](unsafeUninitializedCapacity: frames * bins * BinauralFeatures.perBin) { buffer, count in
            count = frames * bins * BinauralFeatures.perBin
            spectra[0].withUnsafeBufferPointer { left in
                spectra[1].withUnsafeBufferPointer { right in
                    BinauralFeatures.write(
                        left.baseAddress!, right.baseAddress!, bins: 0..<frames * bins, into: buffer.baseAddress!)
                }
            }
        }
        return Item(spectra: spectra, features: features, levels: gains.map { 1 / $0 })
    }

    private static func energy(_ samples: [Float], _ start: Int, _ count: Int) -> Float {
        samples.withUnsafeBufferPointer { LevelFollower.energy($0.baseAddress! + start, count: count) }
    }

    /// Brings `[bins, 2]` to a level and compresses it.
    static func compress(_ spectrum: UnsafeMutablePointer<Float>, bins: Int, gain: Float) {
        for bin in 0..<bins {
            let (re, im) = (spectrum[2 * bin] * gain, spectrum[2 * bin + 1] * gain)
            let size = (re * re + im * im).squareRoot()
            let scale = size > 0 ? BandSplitExtractor.factor / size.squareRoot() : 0
            (spectrum[2 * bin], spectrum[2 * bin + 1]) = (re * scale, im * scale)
        }
    }

    /// The way back.
    static func expand(_ spectrum: UnsafeMutablePointer<Float>, bins: Int, gain: Float) {
        let factor = 1 / (BandSplitExtractor.factor * BandSplitExtractor.factor * gain)
        for bin in 0..<bins {
            let (re, im) = (spectrum[2 * bin], spectrum[2 * bin + 1])
            let scale = (re * re + im * im).squareRoot() * factor
            (spectrum[2 * bin], spectrum[2 * bin + 1]) = (re * scale, im * scale)
        }
    }
}

extension LevelFollower {
    init(chunk: Int, sampleRate: Int) {
        self.init(seconds: BandSplitExtractor.levelSeconds, frameRate: Double(sampleRate) / Double(chunk))
    }
}
