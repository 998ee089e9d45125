import NeuralCore

/// Merges a pyramid of the input into the state: a 1×1 convolution, then a sum or a concatenation of channels.
struct PyramidMerge: Layer {
    var convolution: Conv2D
    let combination: NCSNppConfiguration.Combination

    init(
        _ inputs: Int, into channels: Int, combination: NCSNppConfiguration.Combination, using rng: inout Philox
    ) {
        convolution = .scaled(inputs, channels, size: 1, using: &rng)
        self.combination = combination
    }

    func callAsFunction(_ pyramid: Tensor, _ state: Tensor) -> Tensor {
        let mapped = convolution(pyramid)
        return switch combination {
        case .sum: mapped + state
        case .cat: .concatenated([mapped, state], axis: 1)
        }
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("Conv_0", &convolution)
    }
}

/// Halves an image with a 3×3 convolution, after the resampling filter if there is one.
struct ConvolvedDownsample: Layer {
    var convolution: Conv2D
    let resampling: Resampling

    init(_ inputs: Int, _ outputs: Int, resampling: Resampling, using rng: inout Philox) {
        convolution = .scaled(inputs, outputs, padding: 0, stride: 2, using: &rng)
        self.resampling = resampling
    }

    func callAsFunction(_ image: Tensor) -> Tensor {
        switch resampling {
        case .fir: convolution(resampling.filteredForStride2(image, kernelSize: 3))
        case .nearest: convolution(image.padded([(0, 0), (0, 0), (0, 1), (0, 1)]))
        }
    }

    mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        switch resampling {
        case .fir: try visitor.visit("Conv2d_0", &convolution)
        case .nearest: try visitor.visit("Conv_0", &convolution)
        }
    }
}

/// Norm, activation and a 3×3 convolution: how a level speaks to the output.
struct OutputHead {
    var norm: GroupNorm, convolution: Conv2D

    init(_ channels: Int, outputs: Int, using rng: inout Philox) {
        norm = .ncsnpp(channels)
        convolution = .scaled(channels, outputs, scale: 0, using: &rng)
    }
}
