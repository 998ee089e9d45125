import AudioDSP
import AudioMetrics
import Foundation
import Training

/// Means over the validation scenes.
public struct ExtractionReport: ValidationSummary, Equatable {
    /// Scenes with their target.
    public var scenes: Int
    /// SI-SDR of mixture and result in dB, mean over the ears.
    public var mixture: Double
    public var extracted: Double
    /// Level of the result under that of the mixture where the target is absent, in dB; nil without such scenes.
    public var absentLevel: Double?

    /// One measured scene.
    struct Scene: Sendable {
        var isTargetPresent: Bool
        var mixture = 0.0
        var extracted = 0.0
        var level = 0.0

        init(mixture: [[Float]], target: [[Float]], estimate: [[Float]], isTargetPresent: Bool) throws {
            self.isTargetPresent = isTargetPresent
            if isTargetPresent {
                func mean(_ signal: [[Float]]) throws -> Double {
                    let values = try zip(target, signal).compactMap { try SignalRatio.siSDR(reference: $0, estimate: $1).value }
                    return values.isEmpty ? 0 : max(-60, values.reduce(0, +) / Double(values.count))
                }
                (self.mixture, extracted) = (try mean(mixture), try mean(estimate))
            } else {
                level = max(-60, SceneSum.ratio(target: estimate, rest: mixture) ?? -60)
            }
        }
    }

    init(_ results: [Scene]) {
        let present = results.filter(\.isTargetPresent), absent = results.filter { !$0.isTargetPresent }
        func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }
        scenes = present.count
        (mixture, extracted) = (mean(present.map(\.mixture)), mean(present.map(\.extracted)))
        absentLevel = absent.isEmpty ? nil : mean(absent.map(\.level))
    }

    /// The improvement in dB, less a tenth of what is left above -10 dB of scenes without their target.
    public var merit: Double { extracted - mixture - 0.1 * max(0, (absentLevel ?? -60) + 10) }

    /// "SI-SDR -3.1 → 4.2 dB, absent target -14.3 dB".
    public var summary: String {
        String(format: "SI-SDR %.2f → %.2f dB", mixture, extracted)
            + (absentLevel.map { String(format: ", absent target %.1f dB", $0) } ?? "")
    }
}
