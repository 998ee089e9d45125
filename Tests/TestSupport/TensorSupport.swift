import NeuralCore
import Testing

extension Fixture {
    /// A tensor of the set in its stored shape; other number types are converted to 32-bit floats.
    public func tensor(_ name: String) throws -> Tensor { try Tensor(floats(name), shape: shape(name)) }
}

/// Equal shapes, and ‖actual − expected‖ ≤ tolerance · ‖expected‖.
public func expectClose(
    _ actual: Tensor, _ expected: Tensor, relativeL2 tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual.shape == expected.shape, "\(label)", sourceLocation: sourceLocation)
    expectClose(actual.values, expected.values, relativeL2: tolerance, label, sourceLocation: sourceLocation)
}

/// Equal shapes, and every element within `tolerance` of the expected one.
public func expectClose(
    _ actual: Tensor, _ expected: Tensor, absolute tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual.shape == expected.shape, "\(label)", sourceLocation: sourceLocation)
    expectClose(actual.values, expected.values, absolute: tolerance, label, sourceLocation: sourceLocation)
}

/// Equal shapes, and every element within `tolerance` times the largest expected magnitude of the expected one.
public func expectClose(
    _ actual: Tensor, _ expected: Tensor, relativeToPeak tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual.shape == expected.shape, "\(label)", sourceLocation: sourceLocation)
    expectClose(actual.values, expected.values, relativeToPeak: tolerance, label, sourceLocation: sourceLocation)
}
