/// How much later one ear hears than the other.
public enum InterauralDelay {
    /// Circular cross-correlation `Σ left[n + lag] right[n]` for lags of `-longest` to `longest` samples.
    public static func correlation(left: [Float], right: [Float], longest: Int) -> [Double] {
        let count = min(left.count, right.count)
        guard count > 0 else { return [Double](repeating: 0, count: 2 * longest + 1) }
        return (-longest...longest).map { lag in
            var sum = 0.0, place = (lag % count + count) % count
            for index in 0..<count {
                sum += Double(left[place]) * Double(right[index])
                place += 1
                if place == count { place = 0 }
            }
            return sum
        }
    }

    /// The lag in samples at which the correlation is largest: above zero where the left ear hears later.
    public static func measure(left: [Float], right: [Float], longest: Int = 16) -> Int {
        let values = correlation(left: left, right: right, longest: longest)
        return (values.indices.max { values[$0] < values[$1] } ?? longest) - longest
    }
}
