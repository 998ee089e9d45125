import Foundation
import Training

/// Means over the validation mixtures, before and after.
public struct ValidationReport: ValidationSummary, Equatable {
    /// SI-SDR in dB and ESTOI, and what a model is tuned for.
    public struct Scores: Codable, Sendable, Equatable {
        public var siSDR: Double
        public var estoi: Double
        public var reward: Double?
    }

    public var mixtures: Int
    public var noisy: Scores
    /// By number of sampler steps.
    public var enhanced: [Int: Scores]

    /// What the best model is chosen by, at the best step count: the reward where there is one, otherwise the gain in SI-SDR
    /// per 10 dB plus the gain in ESTOI.
    public var merit: Double {
        enhanced.values.compactMap(\.reward).max() ?? enhanced.values.map { ($0.siSDR - noisy.siSDR) / 10 + $0.estoi - noisy.estoi }.max() ?? -.infinity
    }

    /// "SI-SDR 4.9 → 11.2 dB, ESTOI 0.612 → 0.735 (1 step)".
    public var summary: String {
        enhanced.keys.sorted().map { steps in
            let scores = enhanced[steps] ?? noisy
            let reward = scores.reward.map { String(format: "reward %.4g → %.4g, ", noisy.reward ?? .nan, $0) } ?? ""
            return reward + String(
                format: "SI-SDR %.2f → %.2f dB, ESTOI %.3f → %.3f (%d step%@)",
                noisy.siSDR, scores.siSDR, noisy.estoi, scores.estoi, steps, steps == 1 ? "" : "s")
        }.joined(separator: "; ")
    }
}
