import NeuralCore
import Testing

@testable import ScoreDiffusion

/// Gradients against central differences, within 1 % of the largest: all of it in float32.
@Suite struct SpectrogramGradientTests {
    private static let compressions: [AmplitudeCompression] = [
        .power(exponent: 0.5, factor: 0.15), .power(exponent: 0.667, factor: 0.3), .power(exponent: 1, factor: 2),
        .logarithm(factor: 0.5), .none,
    ]

    @Test(arguments: compressions, [false, true])
    func compressionHasTheRightGradient(_ compression: AmplitudeCompression, expanding: Bool) {
        var rng = Philox(seed: 11)
        let (point, cotangent) = (Tensor.gaussian([3, 4, 2], using: &rng), Tensor.gaussian([3, 4, 2], using: &rng))
        expectGradient(at: point) { ((expanding ? compression.expand($0) : compression.compress($0)) * cotangent).sum() }
    }

    @Test(arguments: compressions) func expansionUndoesCompression(_ compression: AmplitudeCompression) {
        var rng = Philox(seed: 12)
        let spectra = Tensor.gaussian([3, 4, 2], using: &rng)
        let back = compression.expand(compression.compress(spectra))
        #expect(zip(back.values, spectra.values).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(compression.expand(compression.compress(.zeros([1, 2]))).values == [0, 0])
    }

    @Test func waveformsHaveTheRightGradient() throws {
        let transform = try SpectrogramTransform(
            .init(nFFT: 14, hopLength: 4, compression: .power(exponent: 0.5, factor: 0.15)))
        var rng = Philox(seed: 13)
        let point = Tensor.gaussian([2, 4, 8, 2], using: &rng) * 0.3
        let cotangent = Tensor.gaussian([2, 13], using: &rng)
        try expectGradient(at: point) { (try transform.signals(from: $0, length: 13) * cotangent).sum() }
    }

    private func expectGradient(at point: Tensor, _ function: (Tensor) throws -> Tensor) rethrows {
        let (_, gradients) = try valueAndGradient(at: [point]) { try function($0[0]) }
        let largest = gradients[0].values.reduce(0) { max($0, abs($1)) }
        let step: Float = 1e-2
        for index in 0..<point.count {
            func value(_ offset: Float) throws -> Float {
                var values = point.values
                values[index] += offset
                return try function(Tensor(values, shape: point.shape)).item
            }
            let slope = try (value(step) - value(-step)) / (2 * step)
            #expect(abs(slope - gradients[0].values[index]) < 0.01 * largest, "at \(index)")
        }
    }
}
