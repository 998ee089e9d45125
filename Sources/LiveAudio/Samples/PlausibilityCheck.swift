/// Finds out whether floats are sound or something else whose bytes were taken for floats.
///
/// Sound may leave ±1 now and then; integers stored as floats, and integers read as floats, are far beyond it (or no
/// numbers) nearly everywhere. Judged once, from the first samples that are not zero.
struct PlausibilityCheck {
    /// Sound that loud is none.
    static let limit: Float = 16
    /// Samples to judge by.
    static let needed = 256

    private var seen = 0, beyond = 0
    /// The first sample beyond the limit.
    private(set) var example: Float?
    private(set) var isSettled = false

    /// - Returns: false when the samples are no sound.
    mutating func accepts(_ samples: UnsafeBufferPointer<Float>) -> Bool {
        guard !isSettled else { return true }
        for sample in samples where sample != 0 {
            seen += 1
            guard !(abs(sample) <= Self.limit) else { continue }
            beyond += 1
            if example == nil { example = sample }
        }
        guard seen >= Self.needed else { return true }
        isSettled = true
        return beyond * 10 <= seen
    }
}
