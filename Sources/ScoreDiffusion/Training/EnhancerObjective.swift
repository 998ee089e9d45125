import Foundation
import ModelLibrary
import NeuralCore

/// Trains `EnhancerNetwork`: level, loss and evaluation as the finished model will be used.
public struct EnhancerObjective: EnhancementObjective {
    public let configuration: EnhancerModel.Configuration
    private let kind: ModelFile.Kind
    private let loss: EnhancerLoss

    /// - Parameter kind: what the trained model is for; the mixtures decide what it learns. A causal enhancer is for streams.
    public init(_ configuration: EnhancerModel.Configuration, weights: EnhancerLoss.Weights, kind: ModelFile.Kind = .enhancer) throws {
        try weights.validate()
        try configuration.validate()
        let isLive = kind == .enhancer && configuration.network.causal
        (self.configuration, self.kind) = (configuration, isLive ? .streamingEnhancer : kind)
        loss = EnhancerLoss(
            transform: try SpectrogramTransform(configuration.transform), sampleRate: configuration.sampleRate, bridge: configuration.bridge, weights: weights)
    }

    public var sampleRate: Int { configuration.sampleRate }

    /// Levels the model must cope with, in dB around a root mean square of 1; a causal one knows the level only from the
    /// past.
    private var levelSpread: Float { configuration.network.causal ? 10 : 5 }

    public func loss(of network: EnhancerNetwork, on batch: TrainingBatch) throws -> Tensor {
        var random = batch.random
        let rms = sqrt(square(batch.noisy).mean(axes: [1], keepingDimensions: true) + 1e-12)
        let jitter = Tensor.uniform(rms.shape, in: -levelSpread...levelSpread, using: &random)
        let gain = exp(jitter * Float(M_LN10 / 20)) / rms
        var noise = PhiloxNoise(random)
        return try loss(
            network, noisy: unpredicted(batch.noisy) * gain, clean: batch.clean * gain, times: batch.times.values.map(Double.init),
            noise: &noise)
    }

    /// `[batch, samples]`, each as the network will find it.
    func unpredicted(_ waveforms: Tensor) throws -> Tensor {
        guard let prediction = configuration.linearPrediction else { return waveforms }
        let rows = try waveforms.rows.map { try loss.transform.removing(prediction, from: $0) }
        return Tensor(rows.flatMap(\.self), shape: waveforms.shape)
    }

    public func enhance(_ noisy: [Float], with network: EnhancerNetwork, steps: Int, seed: UInt64) throws -> [Float] {
        let power = noisy.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(noisy.count, 1))
        guard power > 0 else { return noisy }
        let rms = Float(power.squareRoot())
        let model = try EnhancerModel(configuration, network: network)
        return try model.enhance(noisy.map { $0 / rms }, steps: steps, noise: PhiloxNoise(seed: seed)).map { $0 * rms }
    }

    public func modelMetadata() throws -> [String: String] { try EnhancerModel.metadata(configuration, kind: kind) }
}
