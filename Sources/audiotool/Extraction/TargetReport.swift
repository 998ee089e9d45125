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
    /// Between the voice and the vector of what was extracted, where the enrolment model is at hand.
    var cosine: Double?

    init(_ verdict: TargetPresence.Verdict) {
        (target, score) = (verdict.state.rawValue, verdict.score)
        (levelRatio, presentPart, cosine) = (verdict.levelRatio, verdict.presentPart, verdict.cosine)
    }

    /// Nil where the voice is there.
    var sentence: String? {
        target == TargetPresence.State.absent.rawValue
            ? "the voice is likely absent (score \(String(format: "%.2f", score)))" : nil
    }
}
