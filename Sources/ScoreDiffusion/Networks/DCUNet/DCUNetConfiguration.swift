import NeuralCore

/// Shape of a complex U-Net. The defaults are those of the published class, around `DilDCUNet-v2`.
public struct DCUNetConfiguration: Sendable, Codable, Equatable {
    /// One encoder and, mirrored, one decoder. Pairs are bins, then frames; the padding is half the kernel.
    public struct Stage: Sendable, Codable, Equatable {
        public var outputs: Int
        public var kernel: [Int]
        public var stride: [Int]
        public var dilation: [Int]

        public init(_ outputs: Int, kernel: [Int], stride: [Int], dilation: [Int] = [1, 1]) {
            self.outputs = outputs
            self.kernel = kernel
            self.stride = stride
            self.dilation = dilation
        }

        var kernelSize: Size2D { Size2D(kernel[0], kernel[1]) }
        var strideSize: Size2D { Size2D(stride[0], stride[1]) }
        var dilationSize: Size2D { Size2D(dilation[0], dilation[1]) }
        var padding: Padding2D { Padding2D(kernel[0] / 2, kernel[1] / 2) }
    }

    /// How the network is told the diffusion time.
    public enum TimeEmbedding: String, Sendable, Codable, CaseIterable {
        /// Random Fourier features of the time itself.
        case fourier
        /// Fixed frequencies from 1 to 10⁴ (Kong et al., "DiffWave", 2021, section 3.1).
        case steps
        /// Not at all.
        case none
    }

    /// How channels are normalised.
    public enum Normalization: String, Sendable, Codable, CaseIterable {
        /// Real and imaginary parts apart, by running statistics outside training.
        case split
        /// Both together by their covariance in the batch at hand.
        case joint
    }

    /// What happens to frames that do not fit the strides: their number must be one more than a multiple.
    public enum FrameFitting: String, Sendable, Codable, CaseIterable {
        /// Zeros are added, and cut off from the output.
        case padding
        /// Frames at the end are left out, and zeros in the output.
        case trimming
    }

    /// Nonlinearities, applied to real and imaginary parts apart.
    public enum Nonlinearity: String, Sendable, Codable, CaseIterable {
        case silu, relu
        /// Slope 0.01 below zero.
        case leakyReLU

        func callAsFunction(_ input: Tensor) -> Tensor {
            switch self {
            case .silu: NeuralCore.silu(input)
            case .relu: NeuralCore.relu(input)
            case .leakyReLU: NeuralCore.leakyReLU(input)
            }
        }
    }

    public var stages = DCUNetConfiguration.dilatedV2
    public var timeEmbedding = TimeEmbedding.fourier
    /// Whether a time is embedded by `e^{ip}` instead of `sin p` and `cos p` as real numbers.
    public var embedsComplex = false
    public var embeddingSize = 128
    /// Complex linear layers that the whole network shares.
    public var globalEmbeddingLayers = 2
    /// Complex linear layers of each encoder and decoder.
    public var localEmbeddingLayers = 1
    public var embeddingActivation = Nonlinearity.silu
    public var activation = Nonlinearity.relu
    public var normalization = Normalization.split
    public var frameFitting = FrameFitting.padding
    /// Deviation of the random frequencies.
    public var fourierScale = 16.0

    public init() {}

    /// Factor by which all encoders shorten an axis: 0 for bins, 1 for frames.
    func strideProduct(_ axis: Int) -> Int { stages.reduce(1) { $0 * $1.stride[axis] } }

    /// - Throws: `ScoreDiffusionError.invalidNetwork` for settings that contradict each other or ask for the absurd.
    public func validate() throws {
        func check(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
            guard condition else { throw ScoreDiffusionError.invalidNetwork(reason()) }
        }
        func checkPairs(_ name: String, _ range: ClosedRange<Int>, _ pair: (Stage) -> [Int]) throws {
            for stage in stages {
                try check(
                    pair(stage).count == 2 && pair(stage).allSatisfy(range.contains),
                    "a \(name) is two numbers from \(range.lowerBound) to \(range.upperBound), not \(pair(stage))")
            }
        }
        try check((1...32).contains(stages.count), "it needs 1 to 32 encoders, not \(stages.count)")
        try check(stages.allSatisfy { (1...4096).contains($0.outputs) }, "an encoder has 1 to 4096 channels")
        try checkPairs("kernel", 1...64, \.kernel)
        try checkPairs("stride", 1...8, \.stride)
        try checkPairs("dilation", 1...64, \.dilation)
        try check(
            (2...8192).contains(embeddingSize) && embeddingSize % 2 == 0,
            "the time embedding needs an even size from 2 to 8192, not \(embeddingSize)")
        try check((0...16).contains(globalEmbeddingLayers), "it needs 0 to 16 shared layers of the time embedding")
        try check((0...16).contains(localEmbeddingLayers), "it needs 0 to 16 layers of the time embedding a block")
        try check(
            fourierScale.isFinite && fourierScale > 0, "the scale of the time embedding must be above 0, not \(fourierScale)")
    }

    /// - Throws: also if spectra of `bins` frequencies do not fit the strides and kernels.
    public func validate(bins: Int) throws {
        try validate()
        var size = bins
        let product = strideProduct(0)
        guard bins > 0, (bins - 1) % product == 0 else {
            throw ScoreDiffusionError.invalidNetwork("\(bins) bins are not 1 more than a multiple of \(product)")
        }
        for stage in stages {
            let room = size + 2 * (stage.kernel[0] / 2) - stage.dilation[0] * (stage.kernel[0] - 1) - 1
            guard room >= 0 else {
                throw ScoreDiffusionError.invalidNetwork("\(bins) bins are too few for its kernels")
            }
            size = room / stage.stride[0] + 1
        }
    }

    /// Numbers in all tensors of the network, without building it. The settings must be valid.
    public var parameterCount: Int {
        func linear(_ outputs: Int) -> Int { 2 * (embeddingSize + 1) * outputs }
        func block(_ inputs: Int, _ outputs: Int, _ stage: Stage) -> Int {
            // Per batch normalisation of one part two weights, two statistics and a counter; five weights of both.
            var total = 2 * inputs * outputs * stage.kernel[0] * stage.kernel[1]
            total += normalization == .split ? 2 * (4 * outputs + 1) : 5 * outputs
            if timeEmbedding != .none {
                total += max(0, localEmbeddingLayers - 1) * linear(embeddingSize) + linear(outputs)
            }
            return total
        }
        var total = 0, inputs = 2
        if timeEmbedding != .none { total += globalEmbeddingLayers * linear(embeddingSize) }
        if timeEmbedding == .fourier { total += embedsComplex ? embeddingSize : embeddingSize / 2 }
        for (index, stage) in stages.enumerated() {
            total += block(inputs, stage.outputs, stage)
            let joined = index == stages.count - 1 ? stage.outputs : 2 * stage.outputs
            total += index == 0 ? 2 * (joined * stage.kernel[0] * stage.kernel[1] + 1) : block(joined, inputs, stage)
            inputs = stage.outputs
        }
        return total
    }
}

extension DCUNetConfiguration {
    /// `DilDCUNet-v2`, the architecture of Welker et al., "Speech Enhancement with Score-Based Generative Models in the
    /// Complex STFT Domain", 2022; for 257 bins.
    public static let dilatedV2 = [
        Stage(32, kernel: [4, 4], stride: [1, 1]), Stage(32, kernel: [4, 4], stride: [1, 1]),
        Stage(32, kernel: [4, 4], stride: [1, 1]), Stage(64, kernel: [4, 4], stride: [2, 1], dilation: [2, 1]),
        Stage(128, kernel: [4, 4], stride: [2, 2], dilation: [4, 1]),
        Stage(256, kernel: [4, 4], stride: [2, 2], dilation: [8, 1]),
    ]

    /// `DCUNet-10` (Choi et al., "Phase-aware Speech Enhancement with Deep Complex U-Net", 2019).
    public static let dcunet10 = [
        Stage(32, kernel: [7, 5], stride: [2, 2]), Stage(64, kernel: [7, 5], stride: [2, 2]),
        Stage(64, kernel: [5, 3], stride: [2, 2]), Stage(64, kernel: [5, 3], stride: [2, 2]),
        Stage(64, kernel: [5, 3], stride: [2, 1]),
    ]

    /// `DCUNet-16` (Choi et al. 2019).
    public static let dcunet16 = [
        Stage(32, kernel: [7, 5], stride: [2, 2]), Stage(32, kernel: [7, 5], stride: [2, 1]),
        Stage(64, kernel: [7, 5], stride: [2, 2]), Stage(64, kernel: [5, 3], stride: [2, 1]),
        Stage(64, kernel: [5, 3], stride: [2, 2]), Stage(64, kernel: [5, 3], stride: [2, 1]),
        Stage(64, kernel: [5, 3], stride: [2, 2]), Stage(64, kernel: [5, 3], stride: [2, 1]),
    ]

    /// `DCUNet-20` (Choi et al. 2019).
    public static let dcunet20 = [
        Stage(32, kernel: [7, 1], stride: [1, 1]), Stage(32, kernel: [1, 7], stride: [1, 1]),
        Stage(64, kernel: [7, 5], stride: [2, 2]), Stage(64, kernel: [7, 5], stride: [2, 1]),
        Stage(64, kernel: [5, 3], stride: [2, 2]), Stage(64, kernel: [5, 3], stride: [2, 1]),
        Stage(64, kernel: [5, 3], stride: [2, 2]), Stage(64, kernel: [5, 3], stride: [2, 1]),
        Stage(64, kernel: [5, 3], stride: [2, 2]), Stage(90, kernel: [5, 3], stride: [2, 1]),
    ]

    /// The published architectures by the names that checkpoints use.
    public static let architectures = [
        "DilDCUNet-v2": dilatedV2, "DCUNet-10": dcunet10, "DCUNet-16": dcunet16, "DCUNet-20": dcunet20,
    ]
}
