import Foundation
import Training

/// Means over the validation mixtures, before and after.
public struct ValidationReport: ValidationSummary, Equatable {
    /// SI-SDR in dB and ESTOI.
    public struct Scores: Codable, Sendable, Equatable {
        public var siSDR: Double
        public var estoi: Double
    }

    public var mixtures: Int
    public var noisy: Scores
    /// By number of sampler steps.
    public var enhanced: [Int: Scores]

    /// What the best model is chosen by: the gain in SI-SDR per 10 dB plus the gain in ESTOI, at the best step count.
    public var merit: Double {
        enhanced.values.map { ($0.siSDR - noisy.siSDR) / 10 + $0.estoi - noisy.estoi }.max() ?? -.infinity
    }

    /// "SI-SDR 4.9 → 11.2 dB, ESTOI 0.612 → 0.735 (1 step)".
    public var summary: String {
        enhanced.keys.sorted().map { steps in
            let scores = enhanced[steps] ?? noisy
            return String(
                format: "SI-SDR %.2f → %.2f dB, ESTOI %.3f → %.3f (%d step%@)",
                noisy.siSDR, scores.siSDR, noisy.estoi, scores.estoi, steps, steps == 1 ? "" : "s")
        }.joined(separator: "; ")
    }
}
