import Foundation

/// How far an enrolled voice is to be trusted.
///
/// The amount of speech counts as 1 − exp(−seconds / 2.5): 0.33 for one second, 0.7 for three, 0.86 for five. It is
/// multiplied by the agreement of the vectors: where the lower of the two mean cosines lies between those that
/// strangers and one person have. What cannot be compared does not count.
struct EnrollmentConfidence {
    /// From 0 to 1.
    let value: Double

    init(speechDuration: Double, partCosine: Double?, exampleCosine: Double?, cosineRange: ClosedRange<Double>) {
        let amount = 1 - exp(-max(0, speechDuration) / 2.5)
        let width = max(cosineRange.upperBound - cosineRange.lowerBound, 1e-3)
        let agreement = [partCosine, exampleCosine].compactMap { $0 }.min().map { cosine in
            min(1, max(0, (cosine - cosineRange.lowerBound) / width))
        }
        value = amount * (agreement ?? 1)
    }
}
