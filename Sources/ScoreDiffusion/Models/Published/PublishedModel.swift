import AudioDSP
import Foundation
import ModelLibrary
import NeuralCore

/// A model of the SGMSE family: a score model or a Schrödinger bridge with a published backbone.
///
/// ```swift
/// let model = try PublishedModel(ModelStore().find("sgmse-vb"))
/// let clean = try SpeechEnhancer(model: model).enhance(try AudioFile.read("street.wav"))
/// ```
/// Sound takes the way that it takes in the published program: the recording's peak is scaled to 1, frames are filled up
/// as there, and what comes out of a recording of one segment is what comes out there, given the same random numbers.
public struct PublishedModel: Sendable {
    public let settings: PublishedSettings
    /// The settings' own sampler, or what was wished instead.
    public let sampling: Sampling
    private let engine: any WaveformEngine

    /// Builds the network and takes its weights, whose names begin with `dnn.`.
    ///
    /// - Throws: `ScoreDiffusionError` for settings that cannot be used, `CheckpointError.mismatch` naming every tensor
    ///   that does not fit.
    public init(_ settings: PublishedSettings, weights: some TensorSource, options: SamplerOptions = SamplerOptions()) throws {
        self.settings = settings
        sampling = try settings.sampling.adjusted(by: options)
        // Loading names every tensor that does not fit; this keeps settings from asking for more memory than that.
        let described = settings.network.parameterCount
        let present = try weights.names.reduce(0) { try $0 + weights.shape($1).reduce(1, *) }
        guard described <= 2 * present + 100_000 else {
            throw ScoreDiffusionError.invalidNetwork("it would have \(described) parameters, and the file holds \(present)")
        }
        var rng = Philox(seed: 0)
        switch settings.network {
        case .ncsnpp(let network): engine = try Self.engine(settings, NCSNpp(network, using: &rng), weights)
        case .dcunet(let network): engine = try Self.engine(settings, DCUNet(network, using: &rng), weights)
        }
    }

    /// Builds the model that an installed file holds.
    ///
    /// - Throws: `ModelError` for another kind of model or unusable settings, `CheckpointError` where tensors do not fit.
    public init(_ file: ModelFile, options: SamplerOptions = SamplerOptions()) throws {
        try file.require([.published])
        do {
            let own = try file.settings["sampler"].object.map { _ in
                try JSONDecoder().decode(SamplerOptions.self, from: Data(file.settings["sampler"].text.utf8))
            }
            let values = file.settings["hyper_parameters"].object ?? JSONObject()
            try self.init(
                PublishedSettings(HyperParameters(values)), weights: file.file,
                options: options.merged(over: own ?? SamplerOptions()))
        } catch let error as ScoreDiffusionError {
            if case .unsuitableOption = error { throw error }
            throw ModelError.invalidSettings(path: file.path, reason: error.localizedDescription)
        } catch is DecodingError {
            throw ModelError.invalidSettings(path: file.path, reason: "its sampler is not described properly")
        }
    }

    private static func engine(
        _ settings: PublishedSettings, _ network: some Backbone, _ weights: some TensorSource
    ) throws -> any WaveformEngine {
        switch settings.sampling {
        case .score(let process, _), .probabilityFlow(let process, _):
            try engine(settings, ScoreModel(network, process: process, reading: reading(settings)), weights)
        case .bridge(let process, _):
            try engine(settings, ScoreModel(network, process: process, reading: reading(settings)), weights)
        }
    }

    private static func reading<N: Backbone, P: SDE>(_ settings: PublishedSettings) -> ScoreModel<N, P>.Reading {
        guard settings.backbone == .ncsnppV2 else {
            return settings.target == .clean ? .negatedEstimate : .negatedScore
        }
        return switch settings.target {
        case .score: .preconditioned(settings.preconditioning, .score)
        case .clean: .preconditioned(settings.preconditioning, .cleanEstimate)
        case .denoisedState: .denoiser(settings.preconditioning)
        }
    }

    private static func engine(
        _ settings: PublishedSettings, _ network: some ScoreNetwork, _ weights: some TensorSource
    ) throws -> any WaveformEngine {
        var network = network
        try network.load(from: weights)
        return DiffusionPipeline(
            network: network, transform: try SpectrogramTransform(settings.transform), sampling: settings.sampling,
            padding: settings.padding, frameMultiple: max(PublishedSettings.frameMultiple, network.frameMultiple))
    }

    /// The tensors under their published names.
    public var tensors: [(String, Tensor)] { engine.tensors }

    /// The clean version of a whole mono signal at the model's rate, as the published program makes it.
    ///
    /// - Parameters:
    ///   - padding: what frames are filled up with; nil for what the published program takes for this backbone.
    ///   - onUpdate: called after every change of the state; an error thrown there ends the run.
    public func enhance(
        _ signal: [Float], using noise: inout some DiffusionNoise, padding: FramePadding? = nil,
        onUpdate: (SamplerProgress) throws -> Void = { _ in }
    ) throws -> [Float] {
        try engine.enhance(signal, sampling, padding ?? settings.padding, using: &noise, onUpdate: onUpdate)
    }
}

extension PublishedModel: SpeechModel {
    public var sampleRate: Int { settings.sampleRate }
    public var defaultSteps: Int { sampling.stepCount ?? 1 }
    public var frameAlignment: Int { settings.transform.hopLength }
    public var preparation: SignalPreparation { .peak }

    /// As long as a network of this size may look at once within about half a gigabyte, from 2 to 20 seconds; the
    /// published ones were trained on 2.
    public var segmentation: Segmentation {
        let bytesPerFrame = settings.activationBytesPerFrame
        let frames = Double(512 << 20) / Double(bytesPerFrame)
        let seconds = frames * Double(settings.transform.hopLength) / Double(sampleRate)
        let duration = min(max(seconds, 2), 20)
        return Segmentation(duration: duration, overlap: duration / 4)
    }

    public func enhance(
        _ waveform: [Float], steps: Int, noise: SegmentNoise, onStep: (Int) throws -> Void
    ) throws -> [Float] {
        var random = noise.frames(hopLength: frameAlignment), sampling = sampling
        sampling.stepCount = steps
        return try engine.enhanceLeveled(waveform, sampling, settings.padding, using: &random) { try onStep($0.step + 1) }
    }
}

extension PublishedSettings {
    /// What the network's finest resolution keeps for one frame: its skips, the widest input of a block and what the
    /// block makes of it.
    var activationBytesPerFrame: Int {
        let bins = transform.nFFT / 2 + 1
        switch network {
        case .ncsnpp(let network):
            let channels = network.baseChannels * (network.channelMultipliers.first ?? 1)
            return 4 * bins * channels * (network.blocksPerLevel + 12)
        case .dcunet(let network):
            return 4 * bins * (network.stages.first?.outputs ?? 32) * 24
        }
    }
}

/// A pipeline whatever its network.
protocol WaveformEngine: Sendable {
    var tensors: [(String, Tensor)] { get }

    func enhance(
        _ signal: [Float], _ sampling: Sampling, _ padding: FramePadding, using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void
    ) throws -> [Float]

    func enhanceLeveled(
        _ signal: [Float], _ sampling: Sampling, _ padding: FramePadding, using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void
    ) throws -> [Float]
}

extension DiffusionPipeline: WaveformEngine {
    var tensors: [(String, Tensor)] { network.namedParameters() }

    func enhance(
        _ signal: [Float], _ sampling: Sampling, _ padding: FramePadding, using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void
    ) throws -> [Float] {
        try with(sampling, padding).enhance(signal, using: &noise, onUpdate: onUpdate)
    }

    func enhanceLeveled(
        _ signal: [Float], _ sampling: Sampling, _ padding: FramePadding, using noise: inout some DiffusionNoise,
        onUpdate: (SamplerProgress) throws -> Void
    ) throws -> [Float] {
        try with(sampling, padding).enhanceLeveled(signal, using: &noise, onUpdate: onUpdate)
    }

    private func with(_ sampling: Sampling, _ padding: FramePadding) -> Self {
        var copy = self
        (copy.sampling, copy.padding) = (sampling, padding)
        return copy
    }
}
