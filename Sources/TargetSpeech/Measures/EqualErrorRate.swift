import Foundation

/// How well vectors tell talkers apart.
enum EqualErrorRate {
    /// The rate at which the threshold on cosines errs as often about pairs of one talker as about pairs of two.
    ///
    /// - Parameters:
    ///   - vectors: Of length one.
    ///   - talkers: Whose each is.
    /// - Returns: From 0 to 1; nil unless there are pairs of both kinds.
    static func of(_ vectors: [[Float]], talkers: [Int]) -> Double? {
        var pairs: [(cosine: Double, isSame: Bool)] = []
        for a in vectors.indices {
            for b in vectors.indices[(a + 1)...] {
                pairs.append((Voice.product(vectors[a], vectors[b]), talkers[a] == talkers[b]))
            }
        }
        let same = pairs.count { $0.isSame }, different = pairs.count - same
        guard same > 0, different > 0 else { return nil }
        pairs.sort { $0.cosine < $1.cosine }
        // Below the threshold: misses of pairs of one talker; above it: pairs of two talkers taken for one.
        var missed = 0, accepted = different, best = (gap: Double.infinity, rate: 1.0)
        for pair in pairs {
            let (misses, alarms) = (Double(missed) / Double(same), Double(accepted) / Double(different))
            if abs(misses - alarms) < best.gap { best = (abs(misses - alarms), (misses + alarms) / 2) }
            if pair.isSame { missed += 1 } else { accepted -= 1 }
        }
        return best.rate
    }
}
