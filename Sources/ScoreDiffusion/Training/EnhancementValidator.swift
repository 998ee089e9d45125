import AudioMetrics
import Foundation
import NeuralCore

/// Measures a network on mixtures that are drawn once and never trained on.
struct EnhancementValidator<Objective: EnhancementObjective>: Sendable {
    private let objective: Objective
    private let mixtures: [Mixture]
    private let noisy: [Measured]
    private let samplerSteps: [Int]
    private let seed: UInt64

    /// Scores of one recording; a metric that is undefined for it is left out of the mean.
    private struct Measured: Sendable {
        var siSDR: Double?
        var estoi: Double?
    }

    init(_ objective: Objective, drawing generator: MixtureGenerator, settings: ValidationSettings, seed: UInt64) throws {
        self.objective = objective
        self.seed = seed
        samplerSteps = settings.samplerSteps
        mixtures = try (0..<settings.mixtures).map(generator.example)
        noisy = mixtures.map { Self.measure($0.noisy, against: $0.clean, sampleRate: objective.sampleRate) }
    }

    /// - Throws: what the network or `checkCancelled` throw.
    func measure(_ network: Objective.Network, checkCancelled: @Sendable () throws -> Void) throws -> ValidationReport {
        var report = ValidationReport(mixtures: mixtures.count, noisy: mean(noisy), enhanced: [:])
        report.noisy.reward = try objective.reward(of: mixtures.map(\.noisy), clean: mixtures.map(\.clean))
        for steps in samplerSteps {
            let results = try parallelMap(mixtures.count) { index in
                Result {
                    try checkCancelled()
                    return try objective.enhance(mixtures[index].noisy, with: network, steps: steps, seed: seed &+ UInt64(index))
                }
            }.map { try $0.get() }
            var scores = mean(parallelMap(mixtures.count) { index in
                Self.measure(results[index], against: mixtures[index].clean, sampleRate: objective.sampleRate)
            })
            scores.reward = try objective.reward(of: results, clean: mixtures.map(\.clean))
            report.enhanced[steps] = scores
        }
        return report
    }

    private static func measure(_ estimate: [Float], against clean: [Float], sampleRate: Int) -> Measured {
        Measured(
            siSDR: finite { try SignalRatio.siSDR(reference: clean, estimate: estimate) },
            estoi: finite { try Intelligibility.estoi(reference: clean, estimate: estimate, sampleRate: sampleRate) })
    }

    private static func finite(_ score: () throws -> MetricValue) -> Double? {
        guard let value = try? score().value, value.isFinite else { return nil }
        return value
    }

    private func mean(_ scores: [Measured]) -> ValidationReport.Scores {
        func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }
        return .init(siSDR: mean(scores.compactMap(\.siSDR)), estoi: mean(scores.compactMap(\.estoi)))
    }
}
