import NeuralCore
import Testing

/// Holds the gradients of `body` against central differences.
///
/// The result is reduced to a scalar by fixed random weights, in double precision, so that rounding of the sum does not
/// hide an error. The steps are `step` times one or the element's size; at most `samples` elements of each input are
/// moved. An error counts relative to the largest element of the numerical gradient of that input.
public func checkGradients(
    at inputs: [Tensor], step: Float = 1e-2, tolerance: Double = 5e-3, samples: Int = 24, seed: UInt64 = 11,
    _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation, _ body: ([Tensor]) -> Tensor
) {
    var rng = Philox(seed: seed)
    let weights = Tensor.gaussian(body(inputs).shape, using: &rng)
    let (_, gradients) = valueAndGradient(at: inputs) { (body($0) * weights).sum() }
    func value(_ inputs: [Tensor]) -> Double {
        zip(body(inputs).values, weights.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    for (position, input) in inputs.enumerated() {
        let indices = input.count <= samples
            ? Array(0..<input.count) : (0..<samples).map { _ in rng.nextInt(below: input.count) }
        var numerical: [Double] = [], analytical: [Double] = []
        for index in indices {
            let center = input.values[index], width = step * max(1, abs(center))
            func moved(by delta: Float) -> ([Tensor], Float) {
                var values = input.values
                values[index] = center + delta
                var moved = inputs
                moved[position] = Tensor(values, shape: input.shape)
                return (moved, values[index])
            }
            let (upper, high) = moved(by: width), (lower, low) = moved(by: -width)
            numerical.append((value(upper) - value(lower)) / Double(high - low))
            analytical.append(Double(gradients[position].values[index]))
        }
        let scale = max(numerical.map { abs($0) }.max() ?? 0, 1e-3)
        for (index, pair) in zip(indices, zip(numerical, analytical)) {
            let error = abs(pair.0 - pair.1) / scale
            #expect(
                error <= tolerance,
                "\(label) input \(position) element \(index): \(pair.1) instead of \(pair.0), relative error \(error)",
                sourceLocation: sourceLocation)
        }
    }
}
