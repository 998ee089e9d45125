import AudioDSP
import Foundation
import NeuralCore

/// How alike the third-octave envelopes of an estimate and of clean speech are, from −1 to 1: ESTOI as a training
/// loss can use it (Jensen and Taal, "An Algorithm for Predicting the Intelligibility of Speech Masked by Modulated
/// Noise Maskers", IEEE/ACM TASLP 24, 2016, equations 4 to 7).
///
/// It differs from the metric in working on the frames of the model's own STFT, in taking segments side by side
/// instead of one at every frame, and in leaving out whole segments without speech instead of single frames.
struct EnvelopeCorrelation: Sendable {
    /// Length of a segment in seconds.
    private static let duration = 0.384
    /// Segments whose clean envelopes lie this far below the loudest segment of the same item do not count.
    private static let dynamicRange: Float = 1e-4

    private let compression: AmplitudeCompression
    /// `[bins, bands]`, 1 where the bin belongs to the band.
    private let bands: Tensor
    private let frames: Int

    init(_ transform: SpectrogramTransform.Configuration, sampleRate: Int) {
        compression = transform.compression
        frames = max(2, Int((Self.duration * Double(sampleRate) / Double(transform.hopLength)).rounded()))
        let bins = transform.nFFT / 2 + 1, step = Double(sampleRate) / Double(transform.nFFT)
        let edges = (0...15).map { 150 * pow(2, Double(2 * $0 - 1) / 6) / step }.map { Int($0.rounded()) }
        let ranges = zip(edges, edges.dropFirst()).map { $0..<max($0 + 1, $1) }.filter { $0.upperBound <= bins }
        var members = [Float](repeating: 0, count: bins * ranges.count)
        for (band, range) in ranges.enumerated() {
            for bin in range { members[bin * ranges.count + band] = 1 }
        }
        bands = Tensor(members, shape: [bins, ranges.count])
    }

    /// Mean over the segments with speech, a scalar; zero where there is none.
    ///
    /// - Parameters:
    ///   - estimate: compressed spectra, `[batch, time, frequency, 2]`; gradients pass through it.
    ///   - clean: compressed spectra of the same shape. Frames at the end that fill no segment are left out.
    func callAsFunction(_ estimate: Tensor, _ clean: Tensor) -> Tensor {
        guard clean.shape[1] >= frames else { return Tensor(scalar: 0) }
        let reference = envelopes(clean)
        let agreement = (normalized(reference) * normalized(envelopes(estimate))).sum(axes: [2, 3]) / Float(frames)
        return (agreement * speechWeights(reference)).sum()
    }

    /// Third-octave magnitudes `[batch, segments, frames, bands]`.
    private func envelopes(_ spectra: Tensor) -> Tensor {
        let segments = spectra.shape[1] / frames
        let plain = compression.expand(spectra.sliced(axis: 1, 0..<segments * frames))
        return sqrt(matmul(square(plain).sum(axes: [3]), bands) + 1e-6)
            .reshaped([spectra.shape[0], segments, frames, bands.shape[1]])
    }

    /// `[batch, segments]`; adds up to 1 unless all is silent.
    private func speechWeights(_ reference: Tensor) -> Tensor {
        let power = square(reference).mean(axes: [2, 3])
        let (batch, segments) = (power.shape[0], power.shape[1]), values = power.values
        var weights = [Float](repeating: 0, count: values.count)
        for item in 0..<batch {
            let loudest = values[item * segments..<(item + 1) * segments].max() ?? 0
            for index in item * segments..<(item + 1) * segments where values[index] > max(2e-6, Self.dynamicRange * loudest) {
                weights[index] = 1
            }
        }
        let sum = max(1, weights.reduce(0, +))
        return Tensor(weights.map { $0 / sum }, shape: power.shape)
    }

    /// Zero mean and unit norm over the frames of each band, then over the bands of each frame.
    private func normalized(_ envelopes: Tensor) -> Tensor { unit(unit(envelopes, axis: 2), axis: 3) }

    private func unit(_ x: Tensor, axis: Int) -> Tensor {
        let centred = x - x.mean(axes: [axis], keepingDimensions: true)
        return centred / sqrt(square(centred).sum(axes: [axis], keepingDimensions: true) + 1e-6)
    }
}
