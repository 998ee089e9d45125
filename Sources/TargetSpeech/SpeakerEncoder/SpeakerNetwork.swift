import ModelLibrary
import NeuralCore

/// The network of d-vectors: a stack of LSTMs, whose last state is mapped to a non-negative vector of length one.
///
///     e = ReLU(W h_T + b)        d = e / ‖e‖
///
/// Parameters are named as in Resemblyzer's checkpoint: `lstm.weight_ih_l0`, …, `linear.weight`, `linear.bias`.
/// L. Wan, Q. Wang, A. Papir and I. Lopez Moreno, "Generalized end-to-end loss for speaker verification", ICASSP 2018.
public struct SpeakerNetwork: Layer {
    /// Sizes; the defaults are the published ones.
    public struct Configuration: NetworkConfiguration, Hashable {
        /// Features in a frame.
        public var bandCount = SpeakerFeatures.bandCount
        public var hiddenSize = 256
        public var layerCount = 3
        public var embeddingSize = 256

        public init() {}

        /// In Hz; the features know no other.
        public var sampleRate: Int { SpeakerFeatures.sampleRate }

        public var parameterCount: Int {
            let lstm = (0..<layerCount).reduce(0) { $0 + 4 * hiddenSize * (($1 == 0 ? bandCount : hiddenSize) + hiddenSize + 2) }
            return lstm + (hiddenSize + 1) * embeddingSize
        }

        /// Throws `TargetSpeechError.invalidSetting` unless the network can be built.
        public func validate() throws {
            for (name, value, limit) in [
                ("bandCount", bandCount, 4096), ("hiddenSize", hiddenSize, 4096), ("layerCount", layerCount, 16),
                ("embeddingSize", embeddingSize, 4096),
            ] where !(1...limit).contains(value) {
                throw TargetSpeechError.invalidSetting(
                    name: name, value: "\(value)", fix: "it must be from 1 to \(limit).")
            }
        }
    }

    public let configuration: Configuration
    public var lstm: LSTM
    public var linear: Linear

    /// A network with random weights.
    public init(_ configuration: Configuration = Configuration(), using rng: inout Philox) {
        self.configuration = configuration
        lstm = LSTM(
            inputSize: configuration.bandCount, hiddenSize: configuration.hiddenSize, layers: configuration.layerCount,
            using: &rng)
        linear = Linear(configuration.hiddenSize, configuration.embeddingSize, using: &rng)
    }

    /// `features` is `[batch, frames, bands]`, the result `[batch, embeddingSize]` with rows of length one (of zeros
    /// where no unit is active).
    public func callAsFunction(_ features: Tensor) -> Tensor {
        let frames = features.shape[1]
        let last = lstm(features).sliced(axis: 1, frames - 1..<frames).squeezed(at: 1)
        return unitRows(relu(linear(last)))
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("lstm", &lstm)
        try visitor.visit("linear", &linear)
    }
}

extension SpeakerNetwork: ConfiguredNetwork {
    /// The scale and offset of the published training loss.
    public static var namesBesideParameters: [String] { ["similarity_"] }
    public static func kind(of configuration: Configuration) -> ModelFile.Kind { .speaker }

    public static func purpose(of configuration: Configuration) -> String {
        "Describes the voice in a clean recording."
    }
}

/// The rows of `[…, size]` divided by their lengths; rows of zeros stay. Differentiable.
func unitRows(_ rows: Tensor) -> Tensor {
    rows / sqrt(square(rows).sum(axes: [-1], keepingDimensions: true) + leastSquaredLength)
}

/// Far below the rounding of any length that a network gives.
private let leastSquaredLength: Float = 1e-30
