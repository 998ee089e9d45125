import Foundation
import TargetSpeech

/// Whether a recording's target was there, as reports say it.
struct TargetReport: Encodable {
    /// unknown, present or absent.
    var target: String
    /// 0 (absent) to 1 (present).
    var score: Double
    /// Output over input while the input was active, in dB.
    var levelRatio: Double?
    /// Part of the active time in which the voice was heard, 0 to 1.
    var presentPart: Double

    init(_ verdict: TargetPresence.Verdict) {
        (target, score) = (verdict.state.rawValue, verdict.score)
        (levelRatio, presentPart) = (verdict.levelRatio, verdict.presentPart)
    }

    /// Nil where the voice is there.
    var sentence: String? {
        target == TargetPresence.State.absent.rawValue
            ? "the voice is likely absent (score \(String(format: "%.2f", score)))" : nil
    }
}
