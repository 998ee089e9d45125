import Foundation
import Training

/// How well the codes of held-out music are predicted.
public struct MusicReport: ValidationSummary, Equatable {
    public var clips: Int
    /// Nats a code, of each codebook, given the clip's caption.
    public var nats: [Double]
    /// By how many nats a code another clip's caption is worse.
    public var captionGain: Double

    public var merit: Double { -mean }
    public var mean: Double { nats.reduce(0, +) / Double(max(1, nats.count)) }

    /// "3.412 nats a code (2.9 3.3 3.6 3.8), captions worth 0.052".
    public var summary: String {
        String(format: "%.3f nats a code (", mean) + nats.map { String(format: "%.2f", $0) }.joined(separator: " ")
            + String(format: "), captions worth %.3f", captionGain)
    }
}
