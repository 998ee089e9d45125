import Foundation
import NeuralCore

/// What T5's attention adds to its scores: a number for each head and bucket of distances between key and query.
///
/// C. Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text transformer", JMLR 2020.
struct RelativePositionBuckets {
    /// All buckets, half of them for keys behind the query.
    let count: Int
    private let firstDistances: [Int]

    /// - Parameter maximumDistance: from here on all distances share a bucket.
    init(count: Int, maximumDistance: Int) {
        self.count = count
        let exact = count / 4
        let ratio = Double(maximumDistance) / Double(exact)
        // The bucket exact + j begins where (distance / exact)^exact reaches ratio^j: whole powers, no logarithms.
        firstDistances = (0..<exact).map { j in
            guard j > 0 else { return exact }
            var distance = max(exact, Int(Double(exact) * pow(ratio, Double(j) / Double(exact))) - 2)
            while pow(Double(distance) / Double(exact), Double(exact)) < pow(ratio, Double(j)) { distance += 1 }
            return distance
        }
    }

    /// - Parameter distance: the key's position less the query's.
    func callAsFunction(_ distance: Int) -> Int {
        let half = count / 2, exact = count / 4, size = abs(distance), side = distance > 0 ? half : 0
        if size < exact { return side + size }
        return side + exact + (firstDistances.lastIndex { $0 <= size } ?? 0)
    }

    /// The table's entries for `length` positions: `[heads, length, length]`, queries before keys.
    ///
    /// - Parameter table: `[buckets, heads]`
    func bias(_ table: Tensor, length: Int) -> Tensor {
        let indices = (0..<length).flatMap { query in (0..<length).map { self($0 - query) } }
        return table.gathered(axis: 0, indices: indices).reshaped([length, length, -1]).transposed([2, 0, 1])
    }
}
