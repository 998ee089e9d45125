import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore

/// The light speech enhancer: `EnhancerNetwork` on a Schrödinger bridge, with all its settings.
///
/// ```swift
/// let model = try EnhancerModel(ModelStore().model(nil, kind: .enhancer))
/// ```
public struct EnhancerModel: Sendable {
    public struct Configuration: Codable, Sendable, Equatable {
        public var name = "enhancer-16k"
        /// What the model is for, in one line.
        public var purpose = "Removes noise from speech."
        public var licence = "Apache-2.0"
        public var sampleRate = 16_000
        /// Sampler steps unless told otherwise.
        public var defaultSteps = 1
        public var transform = SpectrogramTransform.Configuration(
            nFFT: 512, hopLength: 256, window: .sqrtHann, compression: .power(exponent: 0.5, factor: 0.35))
        /// Prediction of late reverberation that is taken away before the network sees a recording.
        public var linearPrediction: LinearPrediction?
        public var network = EnhancerNetwork.Configuration()
        public var bridge = SchroedingerBridgeVE(epsilon: 0)
        public var sampler = BridgeSampler(kind: .ode, stepCount: 1, evaluation: .departure)

        public init() {}

        /// Throws `ScoreDiffusionError` where a setting cannot be used.
        func validate() throws {
            guard (4_000...192_000).contains(sampleRate) else {
                throw ScoreDiffusionError.invalidNetwork("its sampleRate must be from 4000 to 192000, not \(sampleRate)")
            }
            guard (1...1_000).contains(defaultSteps) else {
                throw ScoreDiffusionError.invalidSampler("defaultSteps must be from 1 to 1000, not \(defaultSteps)")
            }
            try linearPrediction?.validate()
            try network.validate(bins: transform.nFFT / 2 + 1)
        }
    }

    public let configuration: Configuration
    public let network: EnhancerNetwork
    let transform: SpectrogramTransform

    /// Throws where the transform's settings cannot be used.
    public init(_ configuration: Configuration, network: EnhancerNetwork) throws {
        self.configuration = configuration
        self.network = network
        transform = try SpectrogramTransform(configuration.transform)
    }

    /// Builds the model that a file holds.
    ///
    /// - Throws: `ModelError` for another kind of model or unusable settings, `CheckpointError` where tensors do not fit.
    public init(_ file: ModelFile) throws {
        try file.require([.enhancer, .dereverberator, .streamingEnhancer])
        let configuration: Configuration
        do {
            configuration = try JSONDecoder().decode(Configuration.self, from: Data((file.file.metadata["config"] ?? "").utf8))
            try configuration.validate()
            // Loading names every tensor that does not fit; this keeps settings from asking for more memory than that.
            let (described, present) = (configuration.network.parameterCount, try file.parameterCount)
            guard described <= 2 * present + 100_000 else {
                throw ScoreDiffusionError.invalidNetwork("it would have \(described) parameters, and the file holds \(present)")
            }
        } catch let error as DecodingError {
            throw ModelError.invalidSettings(path: file.path, error)
        } catch where error is ScoreDiffusionError || error is SignalError {
            throw ModelError.invalidSettings(path: file.path, reason: error.localizedDescription)
        }
        var rng = Philox(seed: 0)
        var network = EnhancerNetwork(configuration.network, using: &rng)
        try network.load(from: file.file)
        try self.init(configuration, network: network)
    }

    /// Whether a streaming enhancer's file holds this kind of network.
    public static func describes(_ file: ModelFile) -> Bool { !file.settings["transform"].isNull }

    /// What a file of this model says about itself.
    public static func metadata(_ configuration: Configuration, kind: ModelFile.Kind) throws -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [
            "kind": kind.rawValue,
            "config": String(decoding: try encoder.encode(configuration), as: UTF8.self),
        ]
    }

    /// The clean version of a waveform at the model's rate whose root mean square is about 1.
    func enhance(
        _ waveform: [Float], steps: Int, noise: some DiffusionNoise, onUpdate: (SamplerProgress) throws -> Void = { _ in }
    ) throws -> [Float] {
        let missing = max(0, transform.stft.configuration.minimumSampleCount - waveform.count)
        let whole = waveform + [Float](repeating: 0, count: missing)
        let noisy = try transform.spectra(of: [transform.removing(configuration.linearPrediction, from: whole)])
        var sampler = configuration.sampler, noise = noise
        sampler.stepCount = steps
        let clean = try Sampling.bridge(configuration.bridge, sampler)
            .sample(around: noisy, with: network, using: &noise, onUpdate: onUpdate)
        return try transform.signals(from: clean, length: waveform.count).values
    }
}

extension EnhancerModel: SpeechModel {
    public var sampleRate: Int { configuration.sampleRate }
    public var defaultSteps: Int { configuration.defaultSteps }
    public var frameAlignment: Int { configuration.transform.hopLength }
    /// The recurrent state over time remembers for many seconds.
    public var segmentation: Segmentation { Segmentation(duration: 80, overlap: 30) }

    public func enhance(
        _ waveform: [Float], steps: Int, noise: SegmentNoise, onStep: (Int) throws -> Void
    ) throws -> [Float] {
        try enhance(waveform, steps: steps, noise: noise.frames(hopLength: frameAlignment)) { try onStep($0.step + 1) }
    }
}
