import NeuralCore

/// Draws indices with given weights.
package struct WeightedChoice: Sendable {
    private let cumulative: [Double]

    package init(weights: [Double]) {
        var sum = 0.0
        cumulative = weights.map { sum += $0; return sum }
    }

    package func draw(using random: inout Philox) -> Int {
        let target = Double(random.nextUniform()) * (cumulative.last ?? 0)
        var low = 0, high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > target { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
