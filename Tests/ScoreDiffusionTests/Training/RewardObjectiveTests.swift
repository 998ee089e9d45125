import Foundation
import NeuralCore
import TestSupport
import Testing
import Training

@testable import ScoreDiffusion

/// An enhancer that is tuned for a measure without gradient.
@Suite struct RewardObjectiveTests {
    private static var model: EnhancerModel.Configuration {
        var model = EnhancerModel.Configuration()
        (model.network.channels, model.network.hidden, model.network.blocks, model.network.embedding) = (8, 8, 1, 8)
        return model
    }

    private func batch(_ count: Int = 4, time: Float = 1) throws -> TrainingBatch {
        var settings = MixtureSettings()
        settings.seconds = 1
        (settings.clean, settings.noiseOnly, settings.rooms) = (0, 0, 0)
        let generator = try Recordings.generator(settings)
        let mixtures = try (0..<count).map(generator.example)
        return TrainingBatch(
            noisy: Tensor(mixtures.flatMap(\.noisy), shape: [count, mixtures[0].noisy.count]),
            clean: Tensor(mixtures.flatMap(\.clean), shape: [count, mixtures[0].clean.count]),
            times: Tensor([Float](repeating: time, count: count), shape: [count]), random: Philox(seed: 3))
    }

    private func objective(_ network: EnhancerNetwork, anchor: Float = 0, measure: RewardObjective.Measure = .siSDR) throws -> RewardObjective {
        var settings = RewardObjective.Settings()
        (settings.measure, settings.anchor, settings.candidates) = (measure, anchor, 4)
        return try RewardObjective(Self.model, settings: settings, start: network, kind: .enhancer)
    }

    /// Where nothing has changed yet the loss is ln 2, at the end of the bridge and within it, and has a gradient.
    @Test(arguments: [Float(1), 0.4]) func firstLoss(_ time: Float) throws {
        var rng = Philox(seed: 1)
        let network = EnhancerNetwork(Self.model.network, using: &rng), objective = try objective(network), batch = try batch(time: time)
        let (loss, gradients) = try valueAndGradient(of: network) { try objective.loss(of: $0, on: batch) }
        #expect(abs(Double(loss.item) - log(2)) < 1e-5, "\(loss.item)")
        #expect(gradients.norm > 0 && gradients.norm.isFinite)
    }

    /// Updates raise the measure of what the model makes of the mixtures.
    @Test func theMeasureRises() throws {
        var rng = Philox(seed: 1)
        var network = EnhancerNetwork(Self.model.network, using: &rng)
        let objective = try objective(network), batch = try batch()
        var optimizer = AdamW(for: network, learningRate: 1e-3)
        func mean(_ network: EnhancerNetwork) throws -> Double {
            let noisy = batch.noisy.rows, clean = batch.clean.rows
            return try noisy.indices.reduce(0.0) { sum, index in
                let enhanced = try objective.enhance(noisy[index], with: network, steps: 1, seed: 1)
                return sum + (objective.measure(clean[index], enhanced) ?? 0)
            } / Double(noisy.count)
        }
        let before = try mean(network)
        for step in 0..<60 {
            var own = batch
            own.random = Philox(seed: 3, stream: UInt64(step))
            var (_, gradients) = try valueAndGradient(of: network) { try objective.loss(of: $0, on: own) }
            gradients.clip(toNorm: 1)
            optimizer.update(&network, along: gradients)
        }
        let after = try mean(network)
        #expect(after > before + 0.2, "\(before) to \(after) dB")
    }

    @Test func measuresAndRefusals() throws {
        var rng = Philox(seed: 1)
        let network = EnhancerNetwork(Self.model.network, using: &rng), batch = try batch(1), clean = batch.clean.rows[0]
        for measure in RewardObjective.Measure.allCases {
            let objective = try objective(network, measure: measure)
            let good = objective.measure(clean, zip(clean, batch.noisy.rows[0]).map { 0.9 * $0 + 0.1 * $1 })
            let bad = objective.measure(clean, batch.noisy.rows[0])
            if let good, let bad { #expect(good > bad, "\(measure)") }
            #expect(objective.measure([Float](repeating: 0, count: 16_000), clean) == nil)
        }
        var settings = RewardObjective.Settings()
        settings.candidates = 1
        #expect(throws: TrainingError.self) { try RewardObjective(Self.model, settings: settings, start: network, kind: .enhancer) }
        var other = Self.model
        other.sampleRate = 48_000
        #expect(throws: TrainingError.self) { try RewardObjective(other, settings: .init(), start: network, kind: .enhancer) }
    }
}
