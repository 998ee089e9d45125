import NeuralCore

/// How NCSN++ halves and doubles images `[batch, channels, height, width]`.
enum Resampling: Sendable, Equatable {
    /// A separable low-pass filter with these taps, applied as a true convolution with zeros around the image
    /// (Zhang, "Making Convolutional Networks Shift-Invariant Again", 2019).
    case fir([Float])
    /// Repeats pixels, averages blocks of 2 × 2.
    case nearest

    /// Twice the height and width.
    func up(_ image: Tensor) -> Tensor {
        switch self {
        case .fir(let taps): image.firUpsampled(taps: taps)
        case .nearest: image.nearestUpsampled()
        }
    }

    /// Half the height and width.
    func down(_ image: Tensor) -> Tensor {
        switch self {
        case .fir(let taps): image.firDownsampled(taps: taps)
        case .nearest: image.meanDownsampled()
        }
    }

    /// The image low-passed and padded for a convolution of stride 2 that has no padding of its own.
    func filteredForStride2(_ image: Tensor, kernelSize: Int) -> Tensor {
        guard case .fir(let taps) = self else { return image }
        let excess = taps.count - 2 + kernelSize - 1
        let (before, after) = ((excess + 1) / 2, excess / 2)
        return image.upFIRDown(
            FIRKernel(taps), padding: Padding2D(top: before, bottom: after, left: before, right: after))
    }
}
