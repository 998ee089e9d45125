import Testing

/// Fails unless every element is within `tolerance` of the expected one, relative to it where it exceeds `floor`.
func expectClose(
    _ actual: [Double], _ expected: [Double], relative tolerance: Double, floor: Double = 1e-6, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.count else {
        Issue.record("\(label): \(actual.count) elements instead of \(expected.count)", sourceLocation: sourceLocation)
        return
    }
    for (index, (a, e)) in zip(actual, expected).enumerated() {
        let error = abs(a - e) / max(abs(e), floor)
        guard error <= tolerance else {
            Issue.record(
                "\(label): relative error \(error) is above \(tolerance) at \(index): \(a) instead of \(e)",
                sourceLocation: sourceLocation)
            return
        }
    }
}
