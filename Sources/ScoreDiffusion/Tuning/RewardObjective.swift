import Foundation
import ModelLibrary
import NeuralCore
import Training

/// Raises what a judge says of enhanced speech, which needs no gradient, after DRAGON.
///
/// For each mixture the model draws several clean versions by the stochastic sampler, which are varied a little more
/// (``GainVariation``); the judge says which is best and which worst, and the model is pushed towards the one and away from
/// the other. With Δ(x) = ‖x̂_θ(x_t) − x‖² − ‖x̂_start(x_t) − x‖², means over the spectrum with one time and one noise for
/// both: the loss is −log σ(−β [Δ(best) − Δ(worst)]), the Diffusion-DPO of B. Wallace et al., 2023, for a network that
/// predicts the clean spectrum.
public struct RewardObjective: EnhancementObjective {
    public enum Measure: String, Codable, Sendable, CaseIterable {
        case pesq, estoi
        case siSDR = "si-sdr"
        /// Of a judge that comes from elsewhere.
        case reward
    }

    public struct Settings: Codable, Sendable, Equatable {
        public var measure = Measure.pesq
        /// Clean versions of each mixture.
        public var candidates = 4
        /// Sampler steps of each.
        public var steps = 2
        /// By how much gains that change slowly over time and frequency make versions differ, in dB; 0 leaves it to the sampler.
        public var variation: Float = 1.5
        public var beta: Float = 2000
        /// How much the loss of ordinary training counts beside it, which holds the other measures.
        public var anchor: Float = 2
        /// Its weights.
        public var training = EnhancerLoss.Weights()

        public init() {
            // What is raised tends to be paid for with the signal itself.
            training.signalToNoise = 0.5
        }

        func validate() throws {
            func check(_ holds: Bool, _ name: String, _ message: String) throws {
                guard holds else { throw TrainingError.invalidSetting("loss.\(name)", message) }
            }
            try check((2...64).contains(candidates), "candidates", "must be from 2 to 64, not \(candidates)")
            try check((1...100).contains(steps), "steps", "must be from 1 to 100, not \(steps)")
            try check((0...20).contains(variation), "variation", "must be from 0 to 20, not \(variation)")
            try check(beta > 0 && beta.isFinite, "beta", "must be above 0, not \(beta)")
            try check((0...1000).contains(anchor), "anchor", "must be from 0 to 1000, not \(anchor)")
            try training.validate()
        }
    }

    private let settings: Settings
    private let ordinary: EnhancerObjective
    private let start: EnhancerNetwork
    private let loss: EnhancerLoss
    private let judge: any SpeechJudge

    /// - Parameters:
    ///   - start: the network that is tuned, as it was.
    ///   - judge: for a `measure` of ``Measure/reward``.
    public init(
        _ model: EnhancerModel.Configuration, settings: Settings, start: EnhancerNetwork, kind: ModelFile.Kind,
        judge: (any SpeechJudge)? = nil
    ) throws {
        try settings.validate()
        guard (settings.measure == .reward) == (judge != nil) else {
            throw TrainingError.invalidSetting(
                "loss.measure", judge == nil ? "cannot be reward without rewards: name them" : "must be reward, not \(settings.measure.rawValue), where there are rewards")
        }
        self.judge = judge ?? MeasureJudge(measure: settings.measure)
        if settings.measure == .pesq, model.sampleRate != 16_000 {
            throw TrainingError.invalidSetting("loss.measure", "cannot be pesq: the model works at \(model.sampleRate) Hz and not at 16000")
        }
        (self.settings, self.start) = (settings, start)
        ordinary = try EnhancerObjective(model, weights: settings.training, kind: kind)
        loss = EnhancerLoss(
            transform: try SpectrogramTransform(model.transform), sampleRate: model.sampleRate, bridge: model.bridge, weights: settings.training)
    }

    public var sampleRate: Int { ordinary.sampleRate }

    public func loss(of network: EnhancerNetwork, on batch: TrainingBatch) throws -> Tensor {
        let rms = sqrt(square(batch.noisy).mean(axes: [1], keepingDimensions: true) + 1e-12)
        let noisy = try loss.transform.spectra(of: (ordinary.unpredicted(batch.noisy) / rms).rows), clean = (batch.clean / rms).rows
        var noise = PhiloxNoise(batch.random)
        let pairs = try choices(around: noisy, clean: clean, by: network.withoutGradients, using: &noise)
        let anchor = settings.anchor > 0 ? try ordinary.loss(of: network, on: batch) * settings.anchor : nil
        guard !pairs.isEmpty else { return anchor ?? Tensor(scalar: 0) }
        let items = pairs.map(\.item), own = noisy.gathered(axis: 0, indices: items)
        let targets = Tensor.concatenated(pairs.map(\.best) + pairs.map(\.worst), axis: 0)
        let draw = noise.next(shape: own.shape), times = items.map { Double(batch.times.values[$0]) }
        let both = Tensor.concatenated([own, own], axis: 0)
        let state = loss.bridgeState(
            clean: targets, noisy: both, times: times + times, noise: Tensor.concatenated([draw, draw], axis: 0))
        func errors(_ network: EnhancerNetwork) -> Tensor {
            square(network(state, noisy: both, times: times + times) - targets).sum(axes: [3]).mean(axes: [1, 2])
        }
        let change = errors(network) - errors(start), count = pairs.count
        let argument = (change.sliced(axis: 0, 0..<count) - change.sliced(axis: 0, count..<2 * count)) * settings.beta
        let preference = softplus(argument).mean()
        return anchor.map { $0 + preference } ?? preference
    }

    /// The best and the worst clean version of each mixture of which the judge tells them apart, `[1, frames, bins, 2]`.
    func choices(
        around noisy: Tensor, clean: [[Float]], by network: EnhancerNetwork, using noise: inout PhiloxNoise
    ) throws -> [(item: Int, best: Tensor, worst: Tensor)] {
        let model = ordinary.configuration
        let sampler = BridgeSampler(kind: .sde, stepCount: settings.steps, evaluation: model.sampler.evaluation)
        var versions: [Tensor] = []
        for _ in 0..<settings.candidates {
            // One step of the sampler is without noise: the last one. Where it is the only one, the state begins with some.
            let start = settings.steps > 1 ? noisy : noisy + 0.05 * noise.next(shape: noisy.shape)
            let version = try sampler.sample(model.bridge, around: start, with: network, using: &noise, onUpdate: { _ in })
            versions.append(try settings.variation > 0 ? version * gains(version.shape, using: &noise) : version)
        }
        let length = clean[0].count
        let sounds = try versions.map { try loss.transform.signals(from: $0, length: length).rows }
        let choices = try judge.choices(
            among: clean.indices.map { item in sounds.map { $0[item] } }, clean: clean, sampleRate: sampleRate)
        return choices.enumerated().compactMap { item, choice in
            func version(_ index: Int) -> Tensor { versions[index].sliced(axis: 0, item..<item + 1) }
            return choice.map { (item, version($0.best), version($0.worst)) }
        }
    }

    private func gains(_ shape: [Int], using noise: inout PhiloxNoise) throws -> Tensor {
        try GainVariation(decibels: settings.variation, nyquist: Double(sampleRate) / 2)
            .gains(batch: shape[0], frames: shape[1], bins: shape[2], using: &noise)
    }

    public var fingerprint: String { judge.fingerprint }

    public func reward(of results: [[Float]], clean: [[Float]]) throws -> Double? {
        try judge.reward(of: results, clean: clean, sampleRate: sampleRate)
    }

    public func enhance(_ noisy: [Float], with network: EnhancerNetwork, steps: Int, seed: UInt64) throws -> [Float] {
        try ordinary.enhance(noisy, with: network, steps: steps, seed: seed)
    }

    public func modelMetadata() throws -> [String: String] { try ordinary.modelMetadata() }
}

extension EnhancerNetwork {
    /// The same network outside any gradient graph.
    var withoutGradients: EnhancerNetwork {
        struct Detachment: ParameterVisitor {
            var path = ""
            mutating func visit(_ name: String, _ parameter: inout Tensor) { parameter = parameter.detached }
            mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) { buffer = buffer.detached }
        }
        var result = self, detachment = Detachment()
        do {
            try result.visitParameters(&detachment)
        } catch {
            preconditionFailure("the detachment throws nothing: \(error)")
        }
        return result
    }
}
