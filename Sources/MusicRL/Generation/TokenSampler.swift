import Foundation

/// Draws a code from scores: temperature, then the largest k, then the most probable that reach a sum of p.
///
/// A. Fan et al., "Hierarchical neural story generation", ACL 2018 (top-k); A. Holtzman et al., "The curious case of
/// neural text degeneration", ICLR 2020 (top-p).
struct TokenSampler {
    let temperature: Double
    let topK: Int
    let topP: Double

    init(_ settings: SamplingSettings) {
        (temperature, topK, topP) = (settings.temperature, settings.topK, settings.topP)
    }

    /// Whether ``draw(_:uniform:)`` needs its random number.
    var isRandom: Bool { temperature > 0 }

    /// The first code, in order of number, at which the sum of probabilities passes `uniform`.
    ///
    /// - Parameters:
    ///   - scores: finite.
    ///   - uniform: from 0 to below 1.
    func draw(_ scores: [Double], uniform: Double) -> Int {
        guard isRandom else { return scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) }! }
        let (codes, probabilities) = distribution(scores)
        var sum = 0.0
        for (code, probability) in zip(codes, probabilities) {
            sum += probability
            if uniform < sum { return code }
        }
        return codes.last!
    }

    /// The codes that may be drawn, in order of number, and their probabilities.
    func distribution(_ scores: [Double]) -> (codes: [Int], probabilities: [Double]) {
        let scaled = temperature == 1 ? scores : scores.map { $0 / temperature }
        var codes = likeliest(scaled)
        let top = codes.reduce(-Double.infinity) { max($0, scaled[$1]) }
        var probabilities = Self.normalized(codes.map { exp(scaled[$0] - top) })
        if topP < 1 {
            let order = codes.indices.sorted {
                probabilities[$0] != probabilities[$1] ? probabilities[$0] > probabilities[$1] : $0 < $1
            }
            var sum = 0.0
            let kept = order.prefix { place in
                defer { sum += probabilities[place] }
                return sum < topP
            }.sorted()
            (codes, probabilities) = (kept.map { codes[$0] }, Self.normalized(kept.map { probabilities[$0] }))
        }
        return (codes, probabilities)
    }

    /// The codes that may be drawn, in order of number.
    func support(_ scores: [Double]) -> [Int] { topP < 1 ? distribution(scores).codes : likeliest(scores) }

    /// What top-k leaves.
    private func likeliest(_ scores: [Double]) -> [Int] {
        guard topK > 0, topK < scores.count else { return Array(scores.indices) }
        let threshold = Self.largest(topK, of: scores)
        return scores.indices.filter { scores[$0] >= threshold }
    }

    private static func normalized(_ weights: [Double]) -> [Double] {
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// The k-th largest value, by C. A. R. Hoare's selection.
    private static func largest(_ k: Int, of values: [Double]) -> Double {
        var values = values, low = 0, high = values.count - 1
        let wanted = k - 1
        while low < high {
            let pivot = values[(low + high) / 2]
            var left = low, right = high
            while left <= right {
                while values[left] > pivot { left += 1 }
                while values[right] < pivot { right -= 1 }
                if left <= right {
                    values.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if wanted <= right { high = right } else if wanted >= left { low = left } else { break }
        }
        return values[wanted]
    }
}
