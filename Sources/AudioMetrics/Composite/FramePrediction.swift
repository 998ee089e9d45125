/// Autocorrelation and linear prediction of one frame.
struct FramePrediction {
    /// Lags 0…order.
    let correlation: [Double]
    /// The inverse filter, `[1, a1, …]`.
    let coefficients: [Double]

    init(_ frame: [Double], order: Int) {
        let correlation = (0...order).map { lag in
            var sum = 0.0
            for index in 0..<max(0, frame.count - lag) { sum += frame[index] * frame[index + lag] }
            return sum
        }
        self.correlation = correlation
        coefficients = Self.levinson(correlation)
    }

    /// The error's energy when `filter` predicts this frame, `fᵀ R f`.
    func energy(through filter: [Double]) -> Double {
        var sum = 0.0
        for row in filter.indices {
            for column in filter.indices { sum += filter[row] * filter[column] * correlation[abs(row - column)] }
        }
        return sum
    }

    private static func levinson(_ correlation: [Double]) -> [Double] {
        var filter = [1.0], error = correlation[0]
        for step in 1..<correlation.count {
            var sum = 0.0
            for index in 0..<step { sum += filter[index] * correlation[step - index] }
            let reflection = sum / error
            filter.append(0)
            let old = filter
            for index in 1...step { filter[index] = old[index] - reflection * old[step - index] }
            error *= 1 - reflection * reflection
        }
        return filter
    }
}
