import NeuralCore
import Testing

/// Fails unless ‖actual − expected‖ ≤ tolerance · ‖expected‖.
public func expectClose(
    _ actual: [Float], _ expected: [Float], relativeL2 tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let distance = Distance(actual, expected)
    let error = distance.norm / max(distance.expectedNorm, .leastNormalMagnitude)
    check(distance, error: distance.norm == 0 ? 0 : error, tolerance, "relative L2", label, sourceLocation)
}

/// Fails unless every element is within `tolerance` of the expected one.
public func expectClose(
    _ actual: [Float], _ expected: [Float], absolute tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let distance = Distance(actual, expected)
    check(distance, error: distance.maximum, tolerance, "absolute", label, sourceLocation)
}

/// Fails unless every element is within `tolerance` times the largest expected magnitude of the expected one.
public func expectClose(
    _ actual: [Float], _ expected: [Float], relativeToPeak tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let distance = Distance(actual, expected)
    let error = distance.maximum / max(distance.expectedPeak, .leastNormalMagnitude)
    check(distance, error: distance.maximum == 0 ? 0 : error, tolerance, "relative to peak", label, sourceLocation)
}

/// Fails unless the shapes are equal and ‖actual − expected‖ ≤ tolerance · ‖expected‖.
public func expectClose(
    _ actual: Tensor, _ expected: Tensor, relativeL2 tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard haveEqualShapes(actual, expected, label, sourceLocation) else { return }
    expectClose(actual.values, expected.values, relativeL2: tolerance, label, sourceLocation: sourceLocation)
}

/// Fails unless the shapes are equal and every element is within `tolerance` of the expected one.
public func expectClose(
    _ actual: Tensor, _ expected: Tensor, absolute tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard haveEqualShapes(actual, expected, label, sourceLocation) else { return }
    expectClose(actual.values, expected.values, absolute: tolerance, label, sourceLocation: sourceLocation)
}

/// Fails unless the shapes are equal and every element is within `tolerance` times the largest expected magnitude.
public func expectClose(
    _ actual: Tensor, _ expected: Tensor, relativeToPeak tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard haveEqualShapes(actual, expected, label, sourceLocation) else { return }
    expectClose(actual.values, expected.values, relativeToPeak: tolerance, label, sourceLocation: sourceLocation)
}

private func haveEqualShapes(_ a: Tensor, _ b: Tensor, _ label: String, _ sourceLocation: SourceLocation) -> Bool {
    if a.shape == b.shape { return true }
    Issue.record("\(label): the shape is \(a.shape) instead of \(b.shape)", sourceLocation: sourceLocation)
    return false
}

private struct Distance {
    var norm = 0.0, maximum = 0.0, expectedNorm = 0.0, expectedPeak = 0.0
    var worst = 0
    var counts: (Int, Int)
    var values: (Float, Float) = (0, 0)

    init(_ actual: [Float], _ expected: [Float]) {
        counts = (actual.count, expected.count)
        guard actual.count == expected.count else { return }
        for index in actual.indices {
            // Equal infinities are equal; anything else that is not finite counts as infinitely far.
            let difference = actual[index] == expected[index] ? 0 : Double(actual[index]) - Double(expected[index])
            let size = difference.isNaN ? .infinity : abs(difference)
            if size > maximum { (maximum, worst, values) = (size, index, (actual[index], expected[index])) }
            norm += size * size
            expectedNorm += Double(expected[index]) * Double(expected[index])
            expectedPeak = max(expectedPeak, Double(abs(expected[index])))
        }
        norm = norm.squareRoot()
        expectedNorm = expectedNorm.squareRoot()
    }
}

private func check(
    _ distance: Distance, error: Double, _ tolerance: Double, _ kind: String, _ label: String,
    _ sourceLocation: SourceLocation
) {
    let prefix = label.isEmpty ? "" : "\(label): "
    guard distance.counts.0 == distance.counts.1 else {
        Issue.record(
            "\(prefix)\(distance.counts.0) elements instead of \(distance.counts.1)", sourceLocation: sourceLocation)
        return
    }
    guard error <= tolerance else {
        let (actual, expected) = distance.values
        Issue.record(
            """
            \(prefix)\(kind) error \(error) is above \(tolerance); worst at \(distance.worst): \
            \(actual) instead of \(expected)
            """, sourceLocation: sourceLocation)
        return
    }
}
