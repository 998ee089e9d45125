import AudioDSP
import NeuralCore

extension STFT {
    /// Squared magnitudes of signals of one length, `[batch, frames, bins]` of `[batch, samples]`. Gradients pass.
    func power(_ signals: Tensor) -> Tensor {
        let (batch, length) = (signals.shape[0], signals.shape[1])
        let frames = configuration.frameCount(forSamples: length), bins = configuration.binCount
        // The callers' signals are longer than a frame, and gradients have the shape of what they are of.
        let spectra = signals.withUnsafeBuffer { values in
            nonisolated(unsafe) let values = values
            return parallelMap(batch) { item in
                try! forward(UnsafeBufferPointer(rebasing: values[item * length..<(item + 1) * length])).values
            }
        }
        let power = Tensor(shape: [batch, frames, bins]) { target in
            for (item, values) in spectra.enumerated() {
                values.withUnsafeBufferPointer { values in
                    for index in 0..<frames * bins {
                        let (real, imaginary) = (values[2 * index], values[2 * index + 1])
                        target[item * frames * bins + index] = real * real + imaginary * imaginary
                    }
                }
            }
        }
        return .recorded(power, from: [signals]) { gradient in
            let adjoints = gradient.withUnsafeBuffer { gradient in
                nonisolated(unsafe) let gradient = gradient
                return parallelMap(batch) { item in
                    var values = spectra[item]
                    for index in 0..<frames * bins {
                        let factor = 2 * gradient[item * frames * bins + index]
                        values[2 * index] *= factor
                        values[2 * index + 1] *= factor
                    }
                    let spectrogram = try! ComplexSpectrogram(frameCount: frames, binCount: bins, values: values)
                    return try! forwardAdjoint(spectrogram, sampleCount: length)
                }
            }
            return [Tensor(adjoints.flatMap(\.self), shape: [batch, length])]
        }
    }
}
