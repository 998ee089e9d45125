/// `count` evenly spaced times from `start` to `end`; one time alone is `start`.
///
/// The times are rounded to float32 and counted from the nearer end, as published samplers do: near the noisy end of a
/// bridge the seventh digit of a time is worth 1e-6 of the weights.
func timeGrid(from start: Double, to end: Double, count: Int) -> [Double] {
    let start = Float(start), end = Float(end)
    guard count > 1 else { return Array(repeating: Double(start), count: count) }
    let step = Double((end - start) / Float(count - 1))
    return (0..<count).map { index in
        let time = index < count / 2
            ? Double(start) + step * Double(index)
            : Double(end) - step * Double(count - 1 - index)
        return Double(Float(time))
    }
}
