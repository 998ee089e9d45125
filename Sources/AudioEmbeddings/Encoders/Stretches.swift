/// Stretches of one length in a signal.
struct Stretches: Sendable, Hashable {
    let length: Int
    let hop: Int

    /// Where stretches begin: every `hop` samples while a whole one fits; samples behind the last are covered by one more
    /// that ends with the signal.
    func starts(in count: Int) -> [Int] {
        guard count > length else { return [0] }
        var starts = Array(stride(from: 0, through: count - length, by: hop))
        if starts[starts.count - 1] + length < count { starts.append(count - length) }
        return starts
    }

    /// A signal repeated from its beginning until it has `count` samples.
    static func repeated(_ signal: [Float], to count: Int) -> [Float] {
        guard signal.count < count else { return signal }
        return (0..<count).map { signal[$0 % signal.count] }
    }
}
