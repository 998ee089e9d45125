import Foundation
import Training

/// How well an encoder tells which caption belongs to a held-out recording.
public struct ContrastiveReport: ValidationSummary, Equatable {
    public var clips: Int
    /// Mean of both directions' cross-entropies over all clips, in nats.
    public var loss: Double
    /// Share of pairs of a caption that is true and one that is not in which the true one is nearer to the recording.
    public var accuracy: Double
    /// Share of recordings to which their own caption is the nearest of all.
    public var firstPlace: Double

    public var merit: Double { -loss }

    /// "loss 2.31, right caption nearer in 87.3 %, nearest in 21 %".
    public var summary: String {
        String(format: "loss %.3f, right caption nearer in %.1f %%, nearest in %.0f %%", loss, 100 * accuracy, 100 * firstPlace)
    }
}
