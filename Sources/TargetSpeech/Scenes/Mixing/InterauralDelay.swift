/// How much later one ear hears than the other.
public enum InterauralDelay {
    /// `Σ left[n + lag] right[n]` for lags of `-longest` to `longest` samples, over the `n` for which every lag stays inside.
    public static func correlation(left: [Float], right: [Float], longest: Int) -> [Double] {
        let count = min(left.count, right.count)
        return (-longest...longest).map { lag in
            var sum = 0.0
            for index in stride(from: longest, to: count - longest, by: 1) {
                sum += Double(left[index + lag]) * Double(right[index])
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
