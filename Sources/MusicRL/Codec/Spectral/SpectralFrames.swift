import AudioDSP
import Foundation
import NeuralCore

/// The transforms around the default codec's network.
///
/// Spectrum `t` has its middle at sample `(t + ½) · hop`, so a sound of `n · hop` samples has `n` spectra.
struct SpectralFrames: Sendable {
    let configuration: SpectralCodecConfiguration
    private let stft: STFT
    /// The window, squared.
    private let power: [Float]

    init(_ configuration: SpectralCodecConfiguration) throws {
        self.configuration = configuration
        stft = try STFT(STFTConfiguration(
            nFFT: configuration.windowLength, hopLength: configuration.spectrumHop, centered: false, normalized: true))
        power = try SpectralWindow.hann.weights(length: configuration.windowLength).map { $0 * $0 }
    }

    private var bins: Int { configuration.binCount }
    private var hop: Int { configuration.spectrumHop }

    /// Real and imaginary parts with their magnitude raised to 0.3, `[spectra, 2 · bins]`, of a sound with its edges.
    func features(ofPadded samples: [Float]) throws -> [Float] {
        let spectra = try stft.forward(samples)
        var values = spectra.values
        for index in stride(from: 0, to: values.count, by: 2) {
            let energy = values[index] * values[index] + values[index + 1] * values[index + 1]
            let factor = powf(energy + 1e-9, -0.35)
            values[index] *= factor
            values[index + 1] *= factor
        }
        return values
    }

    /// Sounds of `n · hop` samples as features `[batch, n, 2 · bins]`.
    func features(of signals: [[Float]]) throws -> Tensor {
        let edge = [Float](repeating: 0, count: configuration.edge)
        let items = try parallelMap(signals.count) { index in Result { try features(ofPadded: edge + signals[index] + edge) } }
            .map { try $0.get() }
        return Tensor(items.flatMap(\.self), shape: [signals.count, items[0].count / (2 * bins), 2 * bins])
    }

    /// Sounds `[batch, n · hop]` of log-magnitudes and phases `[batch, n, 2 · bins]`. Gradients pass.
    ///
    /// Magnitudes are at most e⁵. Overlapping windows are divided by the sum of their squares.
    func signals(_ polar: Tensor) -> Tensor {
        let (batch, spectra) = (polar.shape[0], polar.shape[1]), length = spectra * hop, itemCount = spectra * 2 * bins
        let scale = edgeWeights(spectra: spectra)
        let cartesian = Tensor(shape: polar.shape) { target in
            polar.withUnsafeBuffer { source in
                nonisolated(unsafe) let (source, target) = (source, target)
                parallelFor(batch) { item in
                    for row in 0..<spectra { cartesianRow(source, target, at: item * itemCount + row * 2 * bins) }
                }
            }
        }
        let result = Tensor(shape: [batch, length]) { target in
            cartesian.withUnsafeBuffer { values in
                nonisolated(unsafe) let (values, target) = (values, target)
                parallelFor(batch) { item in
                    let sum = overlapped(Array(values[item * itemCount..<(item + 1) * itemCount]), spectra: spectra)
                    for index in 0..<length { target[item * length + index] = sum[configuration.edge + index] * scale[index] }
                }
            }
        }
        return .recorded(result, from: [polar]) { gradient in
            [Tensor(shape: polar.shape) { target in
                gradient.withUnsafeBuffer { gradient in
                    nonisolated(unsafe) let (gradient, target) = (gradient, target)
                    parallelFor(batch) { item in
                        let own = (0..<length).map { gradient[item * length + $0] * scale[$0] }
                        backward(own, polar, cartesian, item: item, into: target)
                    }
                }
            }]
        }
    }

    /// Adds up the windowed sounds of spectra `[spectra, bins, 2]`, edges included.
    func overlapped(_ cartesian: [Float], spectra: Int) -> [Float] {
        let spectrogram = try! ComplexSpectrogram(frameCount: spectra, binCount: bins, values: cartesian)
        let count = configuration.windowLength + (spectra - 1) * hop
        // The transpose of analysis is synthesis but for how often it counts the inner bins.
        return try! stft.forwardAdjoint(spectrogram, sampleCount: count)
    }

    /// Magnitudes and phases of one spectrum to parts, weighted for synthesis. `polar` and `cartesian` are `[bins, 2]` and
    /// `[2 · bins]`; a row begins at `start`.
    func cartesianRow(_ polar: UnsafeBufferPointer<Float>, _ cartesian: UnsafeMutableBufferPointer<Float>, at start: Int) {
        for bin in 0..<bins {
            let magnitude = synthesisWeight(bin) * expf(min(polar[start + bin], Self.largestLogarithm)), phase = polar[start + bins + bin]
            cartesian[start + 2 * bin] = magnitude * cosf(phase)
            cartesian[start + 2 * bin + 1] = magnitude * sinf(phase)
        }
    }

    private static let largestLogarithm: Float = 5

    private func synthesisWeight(_ bin: Int) -> Float { bin == 0 || bin == bins - 1 ? 1 : 2 }

    private func backward(
        _ gradient: [Float], _ polar: Tensor, _ cartesian: Tensor, item: Int, into target: UnsafeMutableBufferPointer<Float>
    ) {
        let edge = [Float](repeating: 0, count: configuration.edge), spectra = polar.shape[1]
        let adjoint = try! stft.forward(edge + gradient + edge).values
        polar.withUnsafeBuffer { polar in
            cartesian.withUnsafeBuffer { cartesian in
                for row in 0..<spectra {
                    let start = (item * spectra + row) * 2 * bins, own = row * 2 * bins
                    for bin in 0..<bins {
                        let (real, imaginary) = (cartesian[start + 2 * bin], cartesian[start + 2 * bin + 1])
                        let (g, h) = (adjoint[own + 2 * bin], bin == 0 || bin == bins - 1 ? 0 : adjoint[own + 2 * bin + 1])
                        target[start + bin] = polar[start + bin] > Self.largestLogarithm ? 0 : g * real + h * imaginary
                        target[start + bins + bin] = h * real - g * imaginary
                    }
                }
            }
        }
    }

    /// One over the summed squares of the windows that lie over each sample of a sound of so many spectra.
    private func edgeWeights(spectra: Int) -> [Float] {
        var sum = [Float](repeating: 0, count: configuration.windowLength + (spectra - 1) * hop)
        for spectrum in 0..<spectra { for (index, value) in power.enumerated() { sum[spectrum * hop + index] += value } }
        return sum[configuration.edge..<configuration.edge + spectra * hop].map { 1 / $0 }
    }

    /// The windows' squares, as they are added up while a sound is made piece by piece.
    var windowPower: [Float] { power }
}
