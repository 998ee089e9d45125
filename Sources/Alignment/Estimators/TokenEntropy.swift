import Foundation

/// Sums over the real tokens of sequences of several lengths.
public enum TokenStatistics {
    /// The mean of values where `mask` holds; nil where it holds nowhere. What padding has there does not matter.
    public static func mean(_ values: [Double], mask: [Bool]) -> Double? {
        precondition(values.count == mask.count, "\(values.count) values and \(mask.count) places")
        let kept = values.indices.filter { mask[$0] }
        return kept.isEmpty ? nil : kept.reduce(0) { $0 + values[$1] } / Double(kept.count)
    }

    /// The entropy in nats of a distribution given by logits, from 0 to log V. Logits of −∞ are impossible tokens.
    public static func entropy(logits: [Double]) -> Double {
        guard let largest = logits.max(), largest.isFinite else { return 0 }
        let shifted = logits.map { $0 - largest }, total = shifted.reduce(0) { $0 + exp($1) }
        // −Σ p log p with log p = shifted − log total; impossible tokens add nothing.
        let entropy = log(total) - shifted.reduce(0) { $1 == -.infinity ? $0 : $0 + exp($1) * $1 } / total
        return min(max(entropy, 0), log(Double(logits.count)))
    }
}
