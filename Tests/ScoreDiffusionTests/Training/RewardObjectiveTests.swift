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

    private func objective(_ network: EnhancerNetwork, judge: LevelJudge? = nil) throws -> RewardObjective {
        var settings = RewardObjective.Settings()
        (settings.measure, settings.anchor, settings.candidates) = (judge == nil ? .siSDR : .reward, 0, 4)
        return try RewardObjective(Self.model, settings: settings, start: network, kind: .enhancer, judge: judge)
    }

    /// Likes speech that is loud or soft.
    private struct LevelJudge: SpeechJudge {
        let sign: Double
        var fingerprint: String { "level \(sign)" }

        func choices(among versions: [[[Float]]], clean: [[Float]], sampleRate: Int) -> [VersionChoice?] {
            versions.map { VersionChoice(scores: $0.map(score)) }
        }

        func reward(of results: [[Float]], clean: [[Float]], sampleRate: Int) -> Double? {
            results.reduce(0) { $0 + score($1) } / Double(results.count)
        }

        private func score(_ sound: [Float]) -> Double {
            sign * 10 * log10(sound.reduce(1e-9) { $0 + Double($1) * Double($1) } / Double(sound.count))
        }
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
        let (before, after) = try rewards()
        #expect(after > before + 0.2, "\(before) to \(after) dB")
    }

    /// Whatever a judge likes, one thing or its opposite.
    @Test(arguments: [1.0, -1]) func rewardsRise(_ sign: Double) throws {
        let (before, after) = try rewards(LevelJudge(sign: sign))
        #expect(after > before + 0.2, "\(before) to \(after) dB")
    }

    /// What is raised, before and after 60 updates.
    private func rewards(_ judge: LevelJudge? = nil) throws -> (before: Double, after: Double) {
        var rng = Philox(seed: 1)
        var network = EnhancerNetwork(Self.model.network, using: &rng)
        let objective = try objective(network, judge: judge), batch = try batch()
        var optimizer = AdamW(for: network, learningRate: 1e-3)
        func mean(_ network: EnhancerNetwork) throws -> Double {
            let enhanced = try batch.noisy.rows.map { try objective.enhance($0, with: network, steps: 1, seed: 1) }
            return try #require(try objective.reward(of: enhanced, clean: batch.clean.rows))
        }
        let before = try mean(network)
        for step in 0..<60 {
            var own = batch
            own.random = Philox(seed: 3, stream: UInt64(step))
            var (_, gradients) = try valueAndGradient(of: network) { try objective.loss(of: $0, on: own) }
            gradients.clip(toNorm: 1)
            optimizer.update(&network, along: gradients)
        }
        return (before, try mean(network))
    }

    @Test func measuresAndRefusals() throws {
        var rng = Philox(seed: 1)
        let network = EnhancerNetwork(Self.model.network, using: &rng), batch = try batch(1), clean = batch.clean.rows[0]
        for measure in RewardObjective.Measure.allCases where measure != .reward {
            let judge = MeasureJudge(measure: measure)
            let good = judge.score(clean, zip(clean, batch.noisy.rows[0]).map { 0.9 * $0 + 0.1 * $1 }, 16_000)
            let bad = judge.score(clean, batch.noisy.rows[0], 16_000)
            if let good, let bad { #expect(good > bad, "\(measure)") }
            #expect(judge.score([Float](repeating: 0, count: 16_000), clean, 16_000) == nil)
        }
        var settings = RewardObjective.Settings()
        settings.measure = .reward
        #expect(throws: TrainingError.self) { try RewardObjective(Self.model, settings: settings, start: network, kind: .enhancer) }
        #expect(throws: TrainingError.self) {
            try RewardObjective(Self.model, settings: .init(), start: network, kind: .enhancer, judge: LevelJudge(sign: 1))
        }
        settings.measure = .pesq
        settings.candidates = 1
        #expect(throws: TrainingError.self) { try RewardObjective(Self.model, settings: settings, start: network, kind: .enhancer) }
        var other = Self.model
        other.sampleRate = 48_000
        #expect(throws: TrainingError.self) { try RewardObjective(other, settings: .init(), start: network, kind: .enhancer) }
    }
}
