import AudioDSP
import NeuralCore

extension STFT {
    /// The inverse for a batch of spectra, a linear map whose gradient is its adjoint.
    ///
    /// - Parameter spectra: `[batch, frames, bins, 2]`.
    /// - Returns: `[batch, length]`.
    package func inverse(_ spectra: Tensor, length: Int) throws -> Tensor {
        precondition(spectra.rank == 4 && spectra.shape[3] == 2, "spectra are [batch, frames, bins, 2]")
        let (batch, frames, bins) = (spectra.shape[0], spectra.shape[1], spectra.shape[2])
        let itemCount = frames * bins * 2
        let signals = try spectra.withUnsafeBuffer { values in
            try (0..<batch).map { item in
                let item = Array(values[item * itemCount..<(item + 1) * itemCount])
                return try inverse(
                    ComplexSpectrogram(frameCount: frames, binCount: bins, values: item), length: length)
            }
        }
        return Tensor.recorded(Tensor(signals.flatMap(\.self), shape: [batch, length]), from: [spectra]) { gradient in
            let adjoints = gradient.withUnsafeBuffer { values in
                (0..<batch).map { item in
                    let item = Array(values[item * length..<(item + 1) * length])
                    // What the forward pass accepted has an adjoint.
                    return try! inverseAdjoint(item, frameCount: frames)
                }
            }
            return [Tensor(adjoints.flatMap(\.values), shape: [batch, frames, bins, 2])]
        }
    }
}
